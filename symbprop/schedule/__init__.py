"""From statements to a plan: order, kernels, contractions and buffers, naming no target."""
