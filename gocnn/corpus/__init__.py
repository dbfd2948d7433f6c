"""Many games packed at two bytes a move, in memory or in a file."""
