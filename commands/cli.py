"""The commands that look after the keys of applications; `parley` shows them as its own."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any, TypeVar

import click

from commands.admission import OPERATOR
from commands.dispatcher import Dispatcher
from commands.domain import application
from commands.domain.refusals import NoSuch, Refusal
from commands.handlers.handler import Handler
from commands.handlers.keys import AddKeyHandler, RevokeKeyHandler
from commands.intents import AddKey, RevokeKey
from commands.keyrings import Keyrings, read_all
from eventstore import streams
from eventstore.appender import Appender
from eventstore.bus import Bus
from eventstore.clock import system_clock
from eventstore.console import data_option, existing_log, wrong_usage
from eventstore.errors import LogError
from eventstore.events import KeyAdded, KeyRevoked
from eventstore.log import Log
from eventstore.open import open_bus, open_log
from eventstore.settings import bus_url
from web.keys import new_key

C = TypeVar("C", bound=Callable[..., Any])


def _options(command: C) -> C:
    """What all of them take."""
    for decorate in (
        click.option("--json", "as_json", is_flag=True, help="Print the result as JSON."),
        data_option,
        click.argument("token"),
    ):
        command = decorate(command)
    return command


@click.group()
def key() -> None:
    """Make, list and revoke the keys of an application.

    Works on the log itself, PARLEY_LOG_URL or that in the data folder (PARLEY_DATA), so no key is needed for it;
    servers may be running on it. Once an application has had a key, it always needs one. A token that begins with a
    dash goes after `--`.

    Example: parley key add TOKEN --scope read
    """


@key.command()
@_options
@click.option("--scope", type=click.Choice(["read", "write"]), default="write", show_default=True)
def add(token: str, data: str | None, as_json: bool, scope: str) -> None:
    """Make a key and print it: nothing can show it again.

    Example: parley key add TOKEN --scope read --data ./parley-data
    """
    made = new_key(token)
    intent = AddKey(token=token, id=made.id, scope=scope, hash=made.hash.hex())
    with _opened(data) as (log, bus):
        answer = _send(log, bus, AddKeyHandler(intent, made.text, OPERATOR))
    click.echo(answer if as_json else made.text)


@key.command("list")
@_options
def list_(token: str, data: str | None, as_json: bool) -> None:
    """List the keys that work.

    Example: parley key list TOKEN --json
    """
    with _opened(data) as (log, _):
        keys, needed = _keys(log, token)
    if as_json:
        click.echo(json.dumps({"needed": needed, "keys": keys}))
        return
    for one in keys:
        click.echo("  ".join(one.values()))
    if not keys:
        click.echo(
            "No key works; only the admin key does." if needed else "There never was a key: none is needed."
        )


@key.command()
@_options
@click.argument("id")
def revoke(token: str, data: str | None, as_json: bool, id: str) -> None:
    """Revoke a key by its ID; when this ends, no command succeeds with it any more.

    Example: parley key revoke TOKEN 00112233445566aa
    """
    with _opened(data) as (log, bus):
        _send(log, bus, RevokeKeyHandler(RevokeKey(token=token, id=id), caller=OPERATOR))
    click.echo(json.dumps({"revoked": id}) if as_json else f"{id} is revoked.")


def _keys(log: Log, token: str) -> tuple[list[dict[str, str]], bool]:
    """(the keys that work, whether there ever was one). Raises NoSuch."""
    state = None
    for fact in read_all(log, streams.application(token)):
        state = application.evolve(state, fact)
    if state is None:
        raise NoSuch("application")
    keys: dict[str, dict[str, str]] = {}
    needed = False
    for fact in read_all(log, streams.keys(token)):
        needed = True
        match fact:
            case KeyAdded():
                keys[fact.id] = {"id": fact.id, "scope": fact.scope, "created_at": fact.at}
            case KeyRevoked():
                keys.pop(fact.id, None)
    return [*keys.values()], needed


def _send(log: Log, bus: Bus, handler: Handler[Any]) -> str:
    """The answer. Raises a Refusal or a LogError."""

    async def send() -> str:
        appender = Appender(log.writer, bus, system_clock)
        appender.start()
        try:
            return (await Dispatcher(appender, Keyrings(log)).send(handler)).answer.decode()
        finally:
            appender.close()

    return asyncio.run(send())


@contextmanager
def _opened(data: str | None) -> Iterator[tuple[Log, Bus]]:
    """Log and bus. What fails ends the command; a wrong setting is wrong usage."""
    with wrong_usage():
        bus = bus_url()
    url = existing_log(data)
    try:
        # Followers elsewhere hear of it at once.
        with closing(open_log(url)) as log, closing(open_bus(bus, lambda: log.log_id)) as opened:
            yield log, opened
    except (LogError, Refusal) as error:
        raise click.ClickException(str(error)) from error


COMMANDS: tuple[click.Command, ...] = (key,)
"""What this room adds to the command line."""
