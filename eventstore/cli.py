"""The command that looks into the log; `parley` shows it as its own."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import closing

import click

from eventstore.clock import rfc3339
from eventstore.console import data_option, existing_log
from eventstore.errors import LogError
from eventstore.log import Log, Recorded
from eventstore.open import open_log
from eventstore.origin import unpack

PAGE = 1000
POLL = 0.5

# C1 controls and what turns the direction of text: JSON allows them bare, a terminal obeys them.
_STEERING = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


@click.command()
@click.option("--after", type=click.IntRange(0), default=0, help="Only positions greater than this.")
@click.option("--stream", help="Only this stream, for instance chats/TOKEN.")
@click.option("--follow", is_flag=True, help="Go on with what is appended, until Ctrl-C.")
@data_option
def events(after: int, stream: str | None, follow: bool, data: str | None) -> None:
    """Print the log, one JSON object per event and line.

    PARLEY_LOG_URL names a log outside of the data folder.

    Example: parley events --after 100 --follow
    """
    url = existing_log(data)
    try:
        with closing(open_log(url)) as log:
            for event in _events(log, after, stream, follow):
                click.echo(_line(event))
    except LogError as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        # The usual end of --follow.
        return


def _events(log: Log, after: int, stream: str | None, follow: bool) -> Iterator[Recorded]:
    version = 0
    while True:
        page = log.read(after, PAGE) if stream is None else log.read_stream(stream, version, PAGE)
        for event in page:
            if event.position > after:
                yield event
        if page:
            after, version = max(after, page[-1].position), page[-1].version
        elif follow:
            time.sleep(POLL)
        else:
            return


def _line(event: Recorded) -> str:
    line = json.dumps(
        {
            "position": event.position,
            "stream": event.stream,
            "version": event.version,
            "event_id": event.event_id.hex(),
            "topic": event.topic,
            "recorded_at": rfc3339(event.recorded_at),
            **(origin._asdict() if (origin := unpack(event.meta)) else {}),
            "fact": _fact(event.state),
        },
        ensure_ascii=False,
    )
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", line)


def _fact(state: bytes) -> object:
    """The fact as it is stored; in hexadecimal if it is no JSON."""
    try:
        return json.loads(state)
    except ValueError:
        return state.hex()


COMMANDS: tuple[click.Command, ...] = (events,)
"""What this room adds to the command line."""
