"""A game reviewed: what was likely at each move, who was ahead, and which moments decided it."""
