"""A corpus as training data: positions, batches, an endless stream of them."""
