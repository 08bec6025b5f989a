"""What is computed where it differs from what is printed: forms that neither overflow nor lose digits."""
