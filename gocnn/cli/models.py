"""`gocnn models`: the networks that ship."""

import click

from gocnn.cli import options


@click.command()
@options.device
@options.as_json
def models(device: str, as_json: bool) -> None:
    """List the networks that ship: size, accuracy, speed on this machine, and training.

    Their names stand for their files wherever weights are asked for.
    """
    import json

    from gocnn.inference.catalogue import models as find_models
    from gocnn.inference.catalogue import table

    entries = find_models(device)
    if as_json:
        click.echo(json.dumps([model.as_dict() for model in entries], indent=2))
    else:
        click.echo(table(entries))
