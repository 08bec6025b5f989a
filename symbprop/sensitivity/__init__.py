"""Where gradients vanish or explode, from the formulas: bounds on slopes, gains of layers, measured norms, advice."""
