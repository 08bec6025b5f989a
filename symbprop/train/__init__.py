"""Training with an emitted module alone: nothing here knows how its gradient came about."""
