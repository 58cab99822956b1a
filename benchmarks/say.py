"""What a run is about, for whoever waits for it."""

import click


def say(text: str) -> None:
    """One line, beside the figures."""
    click.echo(text, err=True)
