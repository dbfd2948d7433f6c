"""``python -m gocnn``, which is also what ``torchrun -m gocnn train ...`` starts."""

from gocnn.cli.main import main

if __name__ == "__main__":
    main(prog_name="gocnn")
