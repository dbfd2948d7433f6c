"""The game of Go: board, rules, positions, games, scoring. It reads no files and loads no torch."""
