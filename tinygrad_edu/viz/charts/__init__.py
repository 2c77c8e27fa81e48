"""Charts: curves and heat maps of what happens in training."""
