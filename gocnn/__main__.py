"""What ``gocnn``, ``python -m gocnn`` and ``torchrun -m gocnn train ...`` start."""

import os
import signal
from types import FrameType

from gocnn.progress import show_remarks


def run() -> None:
    """Run the command line; Ctrl-C ends it in one line, also while Python loads it or leaves it."""
    show_remarks()
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        from gocnn.cli.main import main  # SIGINT is ignored, as in a shell's background jobs

        main(prog_name="gocnn")
    signal.signal(signal.SIGINT, _leave)
    from gocnn.cli.main import main

    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        main(prog_name="gocnn")
    except KeyboardInterrupt:
        _leave(signal.SIGINT, None)
    finally:
        signal.signal(signal.SIGINT, _leave)


def _leave(number: int, frame: FrameType | None) -> None:
    """End at once: nothing is there to be saved, and a traceback would tell of modules."""
    os.write(2, b"gocnn: interrupted\n")
    os._exit(128 + number)


if __name__ == "__main__":
    run()
