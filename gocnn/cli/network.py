"""`gocnn network`: a network, layer by layer."""

from typing import Any

import click

from gocnn.cli import options


@click.command()
@click.argument("name", required=False)
@click.option(
    "--network",
    default="small",
    help="The size of an architecture: tiny, small, base, large, huge, or DEPTHxWIDTH.",
)
@click.option("--encoding", default="full-1", help="The planes that an architecture sees.")
@options.board_size("The lines of the board.")
@options.as_json
def network(name: str | None, network: str, encoding: str, board_size: int, as_json: bool) -> None:
    """Print the layers of NAME: an architecture, or weights by file or name.

    A line a layer: the shape of its output for one position, kernel, stride and padding, weights,
    multiply-adds, weights for each multiply-add, and how much of the board a unit sees. Without
    NAME the architectures are listed.
    """
    import json

    from gocnn.network.layer_table import layer_lines, layer_table
    from gocnn.network.registry import ARCHITECTURES

    if name is None:
        for each, entry in ARCHITECTURES.items():
            click.echo(f"{each:<21}{entry.about}")
        return
    architecture, settings = _named(name, network, encoding, board_size)
    rows = layer_table(architecture, settings, settings.get("lines", board_size))
    if as_json:
        about = {"architecture": architecture, "settings": settings}
        click.echo(json.dumps(about | {"layers": [row.as_dict() for row in rows]}, indent=2))
        return
    click.echo(layer_lines(rows))


def _named(name: str, size: str, encoding: str, board_size: int) -> tuple[str, dict[str, Any]]:
    """The architecture and its settings, inputs included.

    Raises:
        GocnnError: when there are neither an architecture nor weights of that name.
    """
    from gocnn.features.encoding import encoding_named
    from gocnn.inference.weights import load_network
    from gocnn.network.registry import ARCHITECTURES, tower

    if name not in ARCHITECTURES:
        info = load_network(name).info
        return info.architecture, info.settings
    shown = encoding_named(encoding)
    inputs = {"planes": shown.plane_count, "globals": shown.global_count}
    lines = {"lines": board_size} if ARCHITECTURES[name].one_size else {}
    return name, inputs | tower(size, name) | lines
