"""gocnn predicts Go moves with a poolless convolutional network.

Importing the package loads nothing heavy; see `gocnn.predictor.Predictor` for moves and
`gocnn.position.Position` for a board.
"""

__version__ = "0.1.0"
