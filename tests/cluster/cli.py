"""`bin/cluster up | down | status`."""

import json
import signal
import socket
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from tests.cluster.cluster import Cluster
from tests.cluster.places import drop, places
from tests.cluster.shape import Shape
from tests.services.errors import ServiceError
from tests.services.files import run_folder
from tests.services.nginx import Nginx
from tests.services.server import Server

MOST = 16

TRY = """\
Parley serves {url}
Try           curl -X POST {url}/applications{admin} -H 'Content-Type: application/json' -d '{{"name": "first"}}'
              bin/parley demo --url {url}
Logs          {folder}/*/log
Stop          bin/cluster down"""


def say(text: str) -> None:
    """Progress, on stderr."""
    click.echo(f"cluster: {text}", err=True)


def run_in() -> Path:
    """The folder of the one cluster of a checkout."""
    return run_folder() / "cluster"


def number(name: str, default: int, what: str) -> "click.decorators.FC":
    """An option that says how many."""
    return click.option(name, type=click.IntRange(1, MOST), default=default, show_default=True, help=what)


@click.group()
def main() -> None:
    """Parley as in production, for tests and development: several processes of each kind behind a gateway.

    They use the servers of `bin/services`, started if need be, or those that PARLEY_LOG_URL and its like name.

    State and logs are in .services/cluster of the checkout, or in `cluster` below what PARLEY_SERVICES names.
    """
    if sys.platform != "linux":
        raise click.ClickException("runs on Linux only")
    # As Ctrl-C: what is half started is ended.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@main.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), default=3000, show_default=True, help="Of the gateway."
)
@number("--commands", 2, "Processes that take commands.")
@number("--queries", 2, "Processes that answer queries.")
@number("--projectors", 2, "Processes for each projection; one works, the others stand by.")
def up(port: int, commands: int, queries: int, projectors: int) -> None:
    """Start all of it; it is ready when this returns. What was stopped by `down` goes on with its data.

    Example: bin/cluster up --port 3000 --commands 2 --queries 2
    """
    shape = Shape(commands, queries, projectors)
    try:
        cluster = _planned(shape, port)
        cluster.start(say)
    except ServiceError as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        say("interrupted; what was started is stopped again")
        sys.exit(130)
    admin = " -H 'Authorization: Bearer <PARLEY_ADMIN_KEY>'" if "PARLEY_ADMIN_KEY" in cluster.settings else ""
    click.echo(TRY.format(url=cluster.url, admin=admin, folder=cluster.folder))


def _planned(shape: Shape, port: int) -> Cluster:
    """The cluster of the folder, or a new one. Raises ServiceError."""
    Nginx.install()
    known = Cluster.load(run_in())
    if known is not None and any(server.running for server in known.everything):
        if (known.shape, known.gateway.port) != (shape, port):
            raise ServiceError("another one runs here; bin/cluster down, then try again (bin/cluster status)")
        return known
    _refuse_taken(port)
    settings = places() if known is None else known.settings
    if known is not None:
        known.kill()
    cluster = Cluster(run_in(), settings, shape, port=port, lasting=True)
    cluster.save()
    return cluster


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ServiceError(
                f"port {port} can't be had: {error.strerror}; stop what uses it, or choose another (--port)"
            ) from error


@main.command()
@click.option("--wipe", is_flag=True, help="Remove its data, too: database, indices and folder.")
def down(wipe: bool) -> None:
    """Stop all of it, and nothing else. Data, logs and what it was started with stay for the next `up`."""
    cluster = Cluster.load(run_in())
    if cluster is None:
        say("there is none")
        return
    was_there = any(server.running for server in cluster.everything)
    cluster.stop()
    if was_there:
        say("stopped")
    if wipe:
        drop(cluster.settings)
        cluster.wipe()
        say("its data is removed")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(as_json: bool) -> None:
    """Show what runs, and where; exit code 1 unless all of it is ready."""
    cluster = Cluster.load(run_in())
    rows = [] if cluster is None else [_status(server) for server in cluster.everything]
    if as_json:
        click.echo(json.dumps(rows))
    else:
        table = Table("name", "state", "address", "pid", "log")
        for row in rows:
            table.add_row(*(str(value) if value is not None else "" for value in row.values()))
        Console().print(table)
    sys.exit(0 if rows and all(row["state"] == "ready" for row in rows) else 1)


def _status(server: Server) -> dict[str, str | int | None]:
    state = "stopped"
    if server.running:
        paused = server.state.processes[0].paused
        state = "paused" if paused else "ready" if server.answers() else "not ready"
    return {
        "name": server.name,
        "state": state,
        "address": f"127.0.0.1:{server.port}",
        "pid": server.pid if server.running else None,
        "log": str(server.log),
    }
