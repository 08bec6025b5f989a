"""How long compiling takes: deep networks, and deeply nested formulas."""
