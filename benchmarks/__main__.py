"""`python -m benchmarks NAME`."""

import importlib
import sys

import click

from benchmarks.measure import show
from benchmarks.wrk import NoWrk
from tests.services.errors import ServiceError

NAMES = ("api", "embedded", "log", "projections")


@click.command()
@click.argument("name", type=click.Choice(NAMES))
@click.argument("parts", nargs=-1)
@click.option("--events", type=click.IntRange(10_000), help="How long the histories of `projections` are.")
def main(name: str, parts: tuple[str, ...], events: int | None) -> None:
    """Measure one thing, or some parts of it, and print a table, and as the last line a JSON list."""
    module = importlib.import_module(f"benchmarks.{name}")
    known = getattr(module, "PARTS", ())
    if unknown := [part for part in parts if part not in known]:
        raise click.UsageError(f"{name} has no part {unknown[0]!r}; its parts: {', '.join(known) or 'none'}")
    if events is not None and not hasattr(module, "with_events"):
        raise click.UsageError(f"{name} takes no --events")
    plan = {} if events is None else {"plan": module.with_events(events)}
    try:
        measures = module.run(**plan, **({"parts": parts} if parts else {}))
    except (NoWrk, ServiceError) as error:
        raise click.ClickException(str(error)) from error
    show(measures)
    # A missed goal is a finding, as everywhere on this command line.
    sys.exit(0 if all(measure.ok is not False for measure in measures) else 1)


main()
