"""How well a network predicts the moves of games."""
