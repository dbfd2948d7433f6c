"""Weights, network and features put together: positions in, predictions out."""
