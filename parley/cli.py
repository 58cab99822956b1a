"""The one program."""

import logging
import sys

import click

from parley.settings import DEFAULT_DATA, DEFAULT_HOST, DEFAULT_PORT, WrongSetting, serve_settings


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
    from parley.embedded import build
    from parley.serve import CantStart
    from parley.serve import serve as run

    try:
        settings = serve_settings(data, host, port)
    except WrongSetting as error:
        raise click.UsageError(str(error)) from error
    try:
        run(settings, build)
    except CantStart as error:
        raise click.ClickException(str(error)) from error


def main() -> None:
    """Run the command line; exit code 0 done, 1 failed or something found, 2 wrong usage."""
    sys.exit(parley.main(prog_name="parley", standalone_mode=True))
