"""Positions encoded as the planes and global inputs of a network."""
