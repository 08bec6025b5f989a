"""What runs emitted modules on this machine: BLAS, kernels, threads; how fast it is, and how fast a module is on it."""
