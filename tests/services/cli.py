"""`bin/services up | down | status | env`."""

import json
import shlex
import signal
import sys
from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table

from tests.services.catalog import CATALOG, PROGRAMS, USUAL
from tests.services.errors import ServiceError
from tests.services.progress import say
from tests.services.running import running, service
from tests.services.server import Server
from tests.services.up import up

names = click.argument("names", nargs=-1, type=click.Choice(list(CATALOG)))


@click.group()
def main() -> None:
    """Real servers for tests and development: plain processes on loopback, with folders and passwords of their own.

    They are kept in .services of the checkout, or in the folder that PARLEY_SERVICES names.
    """
    if sys.platform != "linux":
        raise click.ClickException(
            "runs servers on Linux only; elsewhere name your own, e.g. in PARLEY_LOG_URL"
        )
    # As Ctrl-C: what is half started is ended.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@main.command("up")
@names
def start(names: Sequence[str]) -> None:
    """Start servers, by default the first five; they are ready when this returns.

    Prints the names of those that were not there before.

    As root on Debian or Ubuntu, what is missing is installed; the packages' own services are not started.
    """
    began: list[Server] = []
    failed = False
    try:
        for name in names or USUAL:
            try:
                server, new = up(name)
            except ServiceError as error:
                failed = True
                say(f"{name}: {error}")
            else:
                if new:
                    began.append(server)
    except KeyboardInterrupt:
        for server in began:
            server.stop()
        say("interrupted; what was started is stopped again")
        sys.exit(130)
    for server in began:
        click.echo(server.name)
    sys.exit(1 if failed else 0)


@main.command()
@click.argument("names", nargs=-1, required=True, type=click.Choice([*CATALOG, *PROGRAMS]))
def install(names: Sequence[str]) -> None:
    """Get what is missing to run them, and start nothing: as root on Debian or Ubuntu."""
    failed = False
    for name in names:
        try:
            {**CATALOG, **PROGRAMS}[name].install()
        except ServiceError as error:
            failed = True
            say(f"{name}: {error}")
    sys.exit(1 if failed else 0)


@main.command()
@click.option("--wipe", is_flag=True, help="Remove their data, too.")
@names
def down(names: Sequence[str], wipe: bool) -> None:
    """Stop servers, by default all. Data, ports and passwords stay for the next `up`."""
    for name in names or CATALOG:
        server = service(name)
        was_there = server.running
        if wipe:
            server.wipe()
        else:
            server.stop()
        if was_there:
            say(f"{name}: stopped")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(as_json: bool) -> None:
    """Show what runs, and where."""
    rows = [_status(service(name)) for name in CATALOG]
    if as_json:
        click.echo(json.dumps(rows))
        return
    table = Table("name", "state", "version", "address", "pid")
    for row in rows:
        table.add_row(*(str(value) if value is not None else "" for value in row.values()))
    Console().print(table)


def _status(server: Server) -> dict[str, str | int | None]:
    state = server.state
    if not server.running:
        return {"name": server.name, "state": "stopped", "version": None, "address": None, "pid": None}
    return {
        "name": server.name,
        "state": "paused" if state.processes[0].paused else "running",
        "version": state.version,
        "address": f"127.0.0.1:{server.port}",
        "pid": server.pid,
    }


@main.command()
@names
def env(names: Sequence[str]) -> None:
    """Print the variables of what runs, for eval "$(bin/services env)".

    Where two have the same variable, the first one named has it.
    """
    seen: set[str] = set()
    for name in names or CATALOG:
        server = running(name)
        if server is not None and server.variable not in seen:
            seen.add(server.variable)
            click.echo(f"export {server.variable}={shlex.quote(server.url())}")
