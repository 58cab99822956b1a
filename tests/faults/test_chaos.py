"""P1–P7 at once: everything but the log and the command side is killed at random, under mixed load."""

import asyncio
import logging
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from eventstore.open import open_log
from tests.support.chaos import Chaos, Victim
from tests.support.client import Client
from tests.support.databases import new_database
from tests.support.history import disagreements
from tests.support.load import Load
from tests.support.rabbitmq import private_rabbitmq
from tests.support.role import Role
from tests.support.server import parley
from tests.support.shared_server import private_server
from tests.support.visitors import Visitors
from tests.support.waiting import until
from tests.support.walk import new_application, new_chat

CHATS = 5
SEED = 20261124

logger = logging.getLogger(__name__)


class Cluster:
    """Two of each process, the scheduler, and servers of its own, all of which may be killed but the database."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.log_url = stack.enter_context(new_database("mariadb"))
        rabbitmq = stack.enter_context(private_rabbitmq(folder / "rabbitmq"))
        redis = stack.enter_context(private_server("redis", folder / "redis"))
        search = stack.enter_context(private_server("opensearch", folder / "opensearch"))
        self.places = {
            "PARLEY_LOG_URL": self.log_url,
            "PARLEY_READ_URL": self.log_url,
            "PARLEY_SEARCH_URL": f"{search.url()}/chaos",
            "PARLEY_BUS_URL": rabbitmq.url(),
            "PARLEY_REDIS_URL": redis.url(),
            "PARLEY_DATA": str(folder / "data"),
        }
        self.commands = [self._role(folder, stack, f"command-{n}", "command-api") for n in (1, 2)]
        self.queries = [self._role(folder, stack, f"query-{n}", "query-api") for n in (1, 2)]
        self.projectors = {
            f"{name}-{n}": self._role(folder, stack, f"{name}-{n}", "projector", name)
            for name in ("tables", "search")
            for n in (1, 2)
        }
        self.scheduler = self._role(folder, stack, "scheduler", "scheduler")
        until(lambda: all(role.ready for role in self.roles), "ready")
        mortal = {**self.projectors, "scheduler": self.scheduler}
        mortal |= {f"query-{n}": role for n, role in enumerate(self.queries, 1)}
        self.victims = {name: Victim(role.kill, role.start) for name, role in mortal.items()}
        self.victims |= {
            server.name: Victim(server.kill, server.start) for server in (rabbitmq, redis, search)
        }

    @property
    def roles(self) -> list[Role]:
        return [*self.commands, *self.queries, *self.projectors.values(), self.scheduler]

    def caught_up(self) -> bool:
        """Whether all processes are ready, and each projection is at the log's end."""
        shown = [role.readyz() for role in self.roles]
        lags = [
            one["lag_events"] for _, document in shown for one in document.get("projections", {}).values()
        ]
        return all(status == 200 for status, _ in shown) and not any(lags)

    def _role(self, folder: Path, stack: ExitStack, name: str, *arguments: str) -> Role:
        return stack.enter_context(Role(folder / f"{name}.log", *arguments, **self.places))


@pytest.mark.parametrize("seconds", [20, pytest.param(180, marks=pytest.mark.long)])
def test_everything_else_is_killed_at_random(tmp_path: Path, seconds: int) -> None:
    with ExitStack() as stack:
        cluster = Cluster(tmp_path, stack)
        load = asyncio.run(_storm(cluster, seconds))
        until(cluster.caught_up, "all has caught up")
        with closing(open_log(cluster.log_url)) as log:
            assert disagreements(load.history, log) == []
        verified = parley("verify", **cluster.places)
        assert verified.returncode == 0, verified.stdout + verified.stderr
        asyncio.run(_all_is_served(cluster, load))
        assert not any("Traceback" in role.said for role in cluster.roles)


async def _storm(cluster: Cluster, seconds: int) -> Load:
    commands = [role.url for role in cluster.commands]
    async with Client(commands[0]) as client:
        application = await new_application(client)
        chats = [await new_chat(client, application) for _ in range(CHATS)]
    async with (
        Load(commands, chats, clients=8, seed=SEED) as load,
        Visitors(commands, _Addresses(cluster.queries), chats, SEED) as visitors,
    ):
        async with Chaos(cluster.victims, SEED) as chaos:
            await asyncio.sleep(seconds)
            async with asyncio.timeout(120):
                await chaos.killed_all()
        await load.grown(100)
    logger.info("posts %s, visits %s, kills %s", dict(load.history.ends), dict(visitors.ends), chaos.kills)
    assert {*load.history.ends} == {"201"}
    for who in ("edit", "delete"):
        assert not any(
            end.startswith(who) and end.split()[1] not in ("200", "204", "404") for end in visitors.ends
        )
    assert all(visitors.ends[end] for end in ("read 200", "search 200", "edit 200", "fresh 200"))
    assert {end.split()[1] for end in visitors.ends} <= {"200", "204", "404", "503", "lost"}
    return load


async def _all_is_served(cluster: Cluster, load: Load) -> None:
    """Each acknowledged post is where its answer said, as a reader sees it, unless it was deleted since."""
    async with Client(cluster.queries[0].url) as client:
        for post in load.history.acknowledged:
            answer = await client.get(f"{post.chat}/messages/{post.number}")
            assert answer.status in (200, 404), answer
            if answer.status == 200:
                assert answer.json()["body"] in (post.body, "edited 0")


class _Addresses(list[str]):
    """Those of roles, which have another port after each start."""

    def __init__(self, roles: list[Role]) -> None:
        super().__init__(role.url for role in roles)
        self._roles = roles

    def __getitem__(self, index: object) -> str:  # type: ignore[override]
        return self._roles[index].url or "http://127.0.0.1:9"  # type: ignore[index]
