"""`gocnn export`: a network as an ONNX file."""

from pathlib import Path

import click

from gocnn.cli import options


@click.command()
@click.argument("weights", default="default")
@click.option("-o", "--output", type=options.PATH, required=True, help="The ONNX file to write.")
def export(weights: str, output: Path) -> None:
    """Write WEIGHTS as ONNX: a file, or a name that gocnn models lists (default: default).

    The file takes any number of positions on boards of 5 to 25 lines. It is compared with torch
    before it is written.
    """
    from gocnn.inference.onnx import export as write_onnx

    difference = write_onnx(weights, output)
    click.echo(
        f"{output}: {output.stat().st_size:,} bytes; "
        f"its answers differ from torch's by {difference:.0e} at most"
    )
