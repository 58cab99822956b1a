"""What the commands of this room share: their options, how they open the data, how they fail and answer."""

import json
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from shutil import get_terminal_size
from typing import Any, NamedTuple

import click

from eventstore.console import wrong_usage
from eventstore.errors import LogError
from eventstore.open import log_exists, open_log
from eventstore.settings import DEFAULT_DATA, bus_url
from projections.errors import AlreadyRunning, NothingToRollBackTo
from projections.places import Places
from projections.readmodel.errors import ReadModelError
from projections.readmodel.open import open_control
from projections.readmodel.store import Control
from projections.settings import ProjectionSettings, projection_settings, redis_url
from projections.status_table import PIPE_WIDTH
from projections.tail import Tail

data_option = click.option(
    "--data",
    type=click.Path(file_okay=False),
    help=f"Data folder (PARLEY_DATA, {DEFAULT_DATA}). PARLEY_LOG_URL, PARLEY_READ_URL and PARLEY_SEARCH_URL name"
    " other places.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")

FAILURES = (LogError, ReadModelError, AlreadyRunning, NothingToRollBackTo, OSError)


class Opened(NamedTuple):
    """What most commands work on."""

    tail: Tail
    control: Control


def settings_of(data: str | None) -> ProjectionSettings:
    """The settings; a wrong one is wrong usage."""
    with wrong_usage():
        return projection_settings(data)


def everything(data: str | None) -> Places:
    """Where all is, if there is a log at all; a wrong setting is wrong usage."""
    settings = _with_a_log(data)
    with wrong_usage():
        return Places(settings.log_url, settings.read_url, settings.search_url, bus_url(), redis_url())


@contextmanager
def opened(data: str | None) -> Iterator[Opened]:
    """Log and registry of a data folder in which a server may be at work. What fails ends the command."""
    settings = _with_a_log(data)
    with (
        failing(),
        closing(open_log(settings.log_url)) as log,
        closing(open_control(settings.read_url, settings.search_url)) as control,
    ):
        yield Opened(Tail(log), control)


@contextmanager
def failing() -> Iterator[None]:
    """What is known to go wrong becomes a message and exit code 1."""
    try:
        yield
    except FAILURES as error:
        raise click.ClickException(str(error)) from error


def answer(result: Any, as_json: bool, lines: Iterator[str]) -> None:
    """Print the result, as one JSON value or as lines for people."""
    if as_json:
        click.echo(json.dumps(result))
    else:
        for line in lines:
            click.echo(line)


def page_width() -> int:
    """How many characters a line of a table may have."""
    return get_terminal_size().columns if sys.stdout.isatty() else PIPE_WIDTH


def _with_a_log(data: str | None) -> ProjectionSettings:
    settings = settings_of(data)
    if not log_exists(settings.log_url):
        raise click.ClickException(
            f"there is no log in {settings.data}. Name another folder with --data or PARLEY_DATA; `parley serve`"
            " and `parley migrate` make a new one."
        )
    return settings
