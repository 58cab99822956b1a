"""F04, F31 on MariaDB and OpenSearch: replays beside writes and a reader, killed in the middle and at the swap."""

import asyncio
import json
import logging
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from benchmarks.fill import TOKEN, facts
from benchmarks.fill import append as append_facts
from eventstore.open import migrate_log
from tests.e2e.test_processes import ROLES
from tests.support.databases import new_database
from tests.support.growing import Growing
from tests.support.role import Role
from tests.support.search_engines import new_prefix
from tests.support.server import parley
from tests.support.shared_server import shared_server
from tests.support.waiting import until

RATE = 500
SECONDS = 1800

logger = logging.getLogger(__name__)


@pytest.mark.parametrize(
    ("messages", "batch"),
    [pytest.param(20_000, 1_000, id="short"), pytest.param(1_000_000, 5_000, marks=pytest.mark.long)],
)
def test_F31_replays_of_a_cluster_under_load(tmp_path: Path, messages: int, batch: int) -> None:
    with ExitStack() as stack:
        url = stack.enter_context(new_database("mariadb"))
        places = {
            "PARLEY_LOG_URL": url,
            "PARLEY_READ_URL": url,
            "PARLEY_SEARCH_URL": stack.enter_context(new_prefix("opensearch")),
            "PARLEY_BUS_URL": shared_server("rabbitmq").url(),
            "PARLEY_REDIS_URL": shared_server("redis").url(),
            "PARLEY_DATA": str(tmp_path / "data"),
        }
        migrate_log(url)
        append_facts(url, facts(messages, chats=50, first_chat=messages // 2))
        # Follows the log once at bulk speed, so that there is something to be rebuilt.
        parley("replay", "all", timeout=SECONDS, **places).check_returncode()
        roles = [Role(tmp_path / f"{'-'.join(role)}.log", *role, **places) for role in ROLES]
        for role in roles:
            stack.enter_context(role)
        until(lambda: all(role.ready for role in roles), "ready")
        asyncio.run(_scenario(roles[0].url, roles[1].url, messages, batch, places))
        until(
            lambda: all(
                _lag(role, name) == 0 for role, name in zip(roles[2:], ("tables", "search"), strict=False)
            )
        )
        _verified(places)
        for name in ("tables", "search"):
            back = parley("rollback", name, timeout=SECONDS, **places)
            assert back.returncode == 0, back.stderr
        _verified(places)
        assert not any("Traceback" in role.said for role in roles)


async def _scenario(commands: str, queries: str, messages: int, batch: int, places: dict[str, str]) -> None:
    chat = f"/applications/{TOKEN}/chats/1"
    async with Growing(commands, queries, chat, RATE) as load:
        for name in ("tables", "search"):
            middle = f"replay-batch:{messages // batch // 2}"
            for crashpoint in (middle, "swap-before-flip"):
                killed = await _replay(name, batch, {**places, "PARLEY_CRASHPOINT": crashpoint})
                assert killed[0] == -signal.SIGKILL, killed
                await load.more(5)
            code, answer, said = await _replay(name, batch, places)
            assert code == 0, said
            [swapped] = json.loads(answer)["replayed"]
            # The third that was begun: the first one is what was live at first.
            assert (swapped["generation"], swapped["resumed_at"] >= messages) == (3, True)
            await load.more(20)
        logger.info("%d messages at %.0f/s, %d reads meanwhile", load.posted, load.pace, load.reads)


async def _replay(name: str, batch: int, settings: dict[str, str]) -> tuple[int, str, str]:
    done = await asyncio.to_thread(
        parley, "replay", name, "--json", "--batch", str(batch), timeout=SECONDS, **settings
    )
    return done.returncode, done.stdout, done.stderr


def _lag(role: Role, name: str) -> int:
    return int(role.readyz()[1]["projections"][name]["lag_events"])


def _verified(places: dict[str, str]) -> None:
    verified = parley("verify", timeout=SECONDS, **places)
    assert verified.returncode == 0, verified.stdout + verified.stderr
