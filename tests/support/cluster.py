"""Several `parley serve` on one log; and whether all of them agree in the end."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

from eventstore.log import Log
from eventstore.open import open_log
from projections.projectors import PROJECTIONS
from projections.readmodel.open import open_control
from projections.tail import Tail
from projections.verify import verify
from tests.support.client import Client
from tests.support.history import disagreements
from tests.support.load import Load
from tests.support.server import Server
from tests.support.waiting import until
from tests.support.walk import new_application, new_chat, walk


@contextmanager
def cluster(
    folder: Path, log_url: str, count: int, *, shared: bool = False, **settings: str
) -> Iterator[list[Server]]:
    """So many servers, started at once; killed at the end. Each has read models of its own, unless the tables
    are `shared` in the log's database.
    """
    servers = [
        one_server(folder / f"node{number}", log_url, shared=shared, **settings) for number in range(count)
    ]
    with ThreadPoolExecutor(count) as pool:
        try:
            list(pool.map(Server.start, servers))
            yield servers
        finally:
            list(pool.map(lambda server: server.__exit__(), servers))


def one_server(data: Path, log_url: str, *, shared: bool = False, **settings: str) -> Server:
    """One of them, not started."""
    apart = {} if shared else {"PARLEY_READ_URL": f"sqlite:///{data}"}
    return Server(data, {"PARLEY_LOG_URL": log_url, **apart, **settings})


async def new_chats(server: Server, count: int = 3) -> list[str]:
    """The paths of new chats of one application."""
    async with Client(server.url) as client:
        application = await new_application(client)
        return [await new_chat(client, application) for _ in range(count)]


async def agree(load: Load, servers: Sequence[Server], log_url: str) -> None:
    """Assert, after the load, that clients, log and read models tell the same; asks again for what is unknown."""
    with closing(open_log(log_url)) as log:
        assert disagreements(load.history, log) == []
        await load.ask_again()
        await load.repeat()
        assert disagreements(load.history, log) == []
        assert not any(post.keyed for post in load.history.unknown)
        for server in servers:
            assert "Traceback" not in server.log.read_text(encoding="utf-8"), f"a defect, see {server.log}"
            _follows(server, log)
            await _serves(server, load)


def _follows(server: Server, log: Log) -> None:
    """Its read models come to the log's head, and are what the log says."""
    with closing(open_control(server.read_url, server.search_url)) as control:
        for name in PROJECTIONS:
            with closing(
                control.generation(name, control.projection(name).live, must_be_live=True)
            ) as generation:
                until(lambda: generation.checkpoint().position == log.head(), f"the head, by {name}")
        assert list(verify(control, Tail(log), list(PROJECTIONS))) == []


async def _serves(server: Server, load: Load) -> None:
    """Each chat without a gap, and in it whatever clients know to be there."""
    async with Client(server.url) as client:
        for chat in {post.chat for post in load.history.acknowledged}:
            items = await walk(client, f"{chat}/messages")
            assert [item["number"] for item in items] == list(range(1, len(items) + 1))
            served = {(item["body"], item["number"]) for item in items}
            known = {(post.body, post.number) for post in load.history.acknowledged if post.chat == chat}
            assert known <= served
