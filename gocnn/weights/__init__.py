"""The weights that ship with gocnn, and their names."""
