"""The one program."""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import click

from commands.cli import key
from eventstore.cli import events
from eventstore.console import data_option
from eventstore.crashpoints import arm
from eventstore.settings import WrongSetting
from parley.doctor.cli import doctor
from parley.settings import (
    DEFAULT_HOST,
    DEFAULT_PORT,
    ApiSettings,
    BackgroundSettings,
    api_settings,
    background_settings,
    log_form,
)
from projections.cli import migrate, recount, replay, rollback, status, verify
from projections.projectors import PROJECTIONS

if TYPE_CHECKING:
    from parley.arrival import Say

S = TypeVar("S", ApiSettings, BackgroundSettings)

logger = logging.getLogger("parley")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def parley() -> None:
    """Parley: an event-sourced chat backend."""


_host = click.option("--host", help=f"Address to listen on (PARLEY_HOST, {DEFAULT_HOST}).")
_port = click.option(
    "--port", type=int, help=f"Port to listen on; 0: any free one (PARLEY_PORT, {DEFAULT_PORT})."
)
_workers = click.option("--workers", type=int, help="Processes that serve requests (PARLEY_WORKERS, 1).")


@parley.command()
@_host
@_port
@data_option
def serve(host: str | None, port: int | None, data: str | None) -> None:
    """Run everything in one process on the embedded engine.

    PARLEY_ADMIN_KEY guards making, listing and deleting applications; it is needed on any address that others
    can reach, unless PARLEY_OPEN=1 says otherwise.

    PARLEY_LIMIT_KEY, PARLEY_LIMIT_ADDRESS and PARLEY_LIMIT_FAILURES limit requests by key and address, and wrong
    keys by address: `1000/second;30000/minute`, or `none`. PARLEY_CORS_ORIGINS are the origins whose pages may ask.

    Example: parley serve --port 3000 --data ./parley-data
    """
    from parley.background import leave_when_told
    from parley.serve import serve as run

    leave_when_told()
    with _starting():
        run(api_settings(data, host, port))


@parley.command("command-api")
@_host
@_port
@_workers
@data_option
def command_api(**options: Any) -> None:
    """Serve the write side alone; any number of processes, on any number of machines, append to one log.

    Waits for the log's server. PARLEY_ADMIN_KEY, PARLEY_LIMIT_… and PARLEY_CORS_ORIGINS as for `parley serve`.

    Example: PARLEY_LOG_URL=mysql://parley:…@db/parley parley command-api --port 3001
    """
    from parley.command_api import run

    _run("command-api", lambda: api_settings(**options), run)


@parley.command("query-api")
@_host
@_port
@_workers
@data_option
def query_api(**options: Any) -> None:
    """Serve the read side alone; any number of processes answer from the same read models.

    Waits for the read models' server. PARLEY_ADMIN_KEY, PARLEY_LIMIT_… and PARLEY_CORS_ORIGINS as for `parley serve`.

    Example: PARLEY_READ_URL=mysql://parley:…@db/parley parley query-api --port 3002
    """
    from parley.query_api import run

    _run("query-api", lambda: api_settings(**options), run)


@parley.command()
@click.argument("name", type=click.Choice(tuple(PROJECTIONS)))
@data_option
def projector(name: str, data: str | None) -> None:
    """Follow the log with one projection; of several for the same one, one works and the others stand by.

    Serves /livez and /readyz on PARLEY_HOST and PARLEY_HEALTH_PORT, if that is set.

    Example: PARLEY_HEALTH_PORT=3003 parley projector tables
    """
    from parley.projector import run

    _run(f"projector {name}", lambda: background_settings(data), partial(run, name))


@parley.command()
@data_option
def scheduler(data: str | None) -> None:
    """Run the periodic jobs: recount, purge, expire keys, drop old generations; of several, one works.

    Serves /livez and /readyz on PARLEY_HOST and PARLEY_HEALTH_PORT, if that is set.

    Example: PARLEY_HEALTH_PORT=3004 parley scheduler
    """
    from parley.scheduler import run

    _run("scheduler", lambda: background_settings(data), run)


@parley.command("demo")
@click.option(
    "--url", default=f"http://{DEFAULT_HOST}:{DEFAULT_PORT}", show_default=True, help="A running server."
)
def play(url: str) -> None:
    """Play the README's story against a running server.

    Shows each request, as a curl line, and its answer.

    Example: parley demo --url http://127.0.0.1:3000
    """
    from parley.demo import DemoFailed, demo

    try:
        demo(url, click.echo)
    except DemoFailed as error:
        raise click.ClickException(str(error)) from error


def _run(what: str, settings_of: Callable[[], S], run: "Callable[[S, Say], None]") -> None:
    """The one way in which a process starts: settings, show them, build, run."""
    from parley.background import leave_when_told

    leave_when_told()
    with _starting():
        settings = settings_of()
        logger.info("%s: %s", what, settings.places.shown())
        run(settings, logger.warning)


@contextmanager
def _starting() -> Iterator[None]:
    """Wrong settings are wrong usage, exit code 2; what else keeps a process from starting is exit code 1."""
    from parley.server import CantStart

    try:
        yield
    except WrongSetting as error:
        raise click.UsageError(str(error)) from error
    except CantStart as error:
        raise click.ClickException(str(error)) from error


def _configure_logs() -> None:
    # Only here: what calls a command from inside a program of its own has its own logs.
    from parley.logs import configure

    try:
        configure(log_form())
    except WrongSetting as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)


def main() -> None:
    """Run the command line; exit code 0 done, 1 failed or something found, 2 wrong usage."""
    # What it makes holds tokens and messages: for its owner only.
    os.umask(0o077)
    arm(os.environ.get("PARLEY_CRASHPOINT"))
    _configure_logs()
    for command in (doctor, events, key, migrate, recount, replay, rollback, status, verify):
        parley.add_command(command)
    sys.exit(parley.main(prog_name="parley", standalone_mode=True))
