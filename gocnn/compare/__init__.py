"""Architectures trained alike on the same games, and measured side by side."""
