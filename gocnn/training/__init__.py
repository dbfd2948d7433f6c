"""Training of networks: the loop, the optimizer, checkpoints, logs."""
