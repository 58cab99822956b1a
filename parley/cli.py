"""The one program."""

import logging
import os
import sys

import click

from eventstore.cli import events
from eventstore.crashpoints import arm
from eventstore.settings import DEFAULT_DATA, WrongSetting
from parley.settings import DEFAULT_HOST, DEFAULT_PORT, serve_settings
from projections.cli import migrate, recount, replay, rollback, status, verify


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def parley() -> None:
    """Parley: an event-sourced chat backend."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")


@parley.command()
@click.option("--host", help=f"Address to listen on (PARLEY_HOST, {DEFAULT_HOST}).")
@click.option("--port", type=int, help=f"Port to listen on; 0: any free one (PARLEY_PORT, {DEFAULT_PORT}).")
@click.option("--data", type=click.Path(file_okay=False), help=f"Data folder (PARLEY_DATA, {DEFAULT_DATA}).")
def serve(host: str | None, port: int | None, data: str | None) -> None:
    """Run everything in one process on the embedded engine.

    PARLEY_ADMIN_KEY guards making, listing and deleting applications; it is needed on any address that others
    can reach, unless PARLEY_OPEN=1 says otherwise.

    Example: parley serve --port 3000 --data ./parley-data
    """
    from parley.serve import CantStart
    from parley.serve import serve as run

    try:
        settings = serve_settings(data, host, port)
    except WrongSetting as error:
        raise click.UsageError(str(error)) from error
    try:
        run(settings)
    except CantStart as error:
        raise click.ClickException(str(error)) from error


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


def main() -> None:
    """Run the command line; exit code 0 done, 1 failed or something found, 2 wrong usage."""
    # What it makes holds tokens and messages: for its owner only.
    os.umask(0o077)
    arm(os.environ.get("PARLEY_CRASHPOINT"))
    for command in (events, migrate, recount, replay, rollback, status, verify):
        parley.add_command(command)
    sys.exit(parley.main(prog_name="parley", standalone_mode=True))
