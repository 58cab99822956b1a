"""`python -m benchmarks NAME`."""

import importlib
import sys

import click

from benchmarks.measure import show
from benchmarks.wrk import NoWrk
from tests.services.errors import ServiceError

NAMES = ("embedded", "log")


@click.command()
@click.argument("name", type=click.Choice(NAMES))
def main(name: str) -> None:
    """Measure one part and print a table, and as the last line a JSON list."""
    try:
        measures = importlib.import_module(f"benchmarks.{name}").run()
    except (NoWrk, ServiceError) as error:
        raise click.ClickException(str(error)) from error
    show(measures)
    # A missed goal is a finding, as everywhere on this command line.
    sys.exit(0 if all(measure.ok is not False for measure in measures) else 1)


main()
