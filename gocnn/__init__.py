"""gocnn predicts Go moves with a poolless convolutional network.

Importing the package loads nothing heavy; see `gocnn.inference.predictor.Predictor` for moves and
`gocnn.go.position.Position` for a board.
"""

import os

__version__ = "0.1.0"

# torch's threads wait for each other by spinning, unless told otherwise before it is loaded. Beside
# another busy program, such as the engine that one plays against, a move then takes not 5 ms but
# over a second.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
