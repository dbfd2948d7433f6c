"""What makes a release: weights that ship, and the model card."""
