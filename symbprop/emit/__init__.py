"""From a plan to source text: lowering to NumPy calls, and the templates around them."""
