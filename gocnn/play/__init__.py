"""Choosing moves: styles, search, passing, resigning. Never imports torch."""
