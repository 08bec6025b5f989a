"""How accurate emitted kernels are, in mixed ulps against mpmath, beside SymPy's naive code, JAX and PyTorch."""
