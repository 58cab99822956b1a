"""F04, F31: a replay beside writes and a polling reader, killed in the middle: nobody goes back in time."""

import asyncio
import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.fill import TOKEN, fill
from tests.support.growing import Growing
from tests.support.server import Server, environment, eventually, parley

RATE = 200
CHAT = f"/applications/{TOKEN}/chats/1"


def position(data: Path, file: str) -> int:
    """How far a generation is; 0 if it is not there yet."""
    if not (data / file).exists():
        return 0
    db = sqlite3.connect(data / file)
    try:
        row = db.execute("SELECT position FROM checkpoint").fetchone()
        return int(row[0]) if row else 0
    except sqlite3.OperationalError:
        return 0
    finally:
        db.close()


def kill_in_the_middle(data: Path, name: str, messages: int) -> None:
    """Start a replay and SIGKILL it when it is between a third of the log and the end."""
    started = subprocess.Popen(
        [sys.executable, "-m", "parley", "replay", name, "--batch", "500", "--data", str(data)],
        env=environment(),
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    eventually(lambda: position(data, f"{name}_g3.db") > messages / 3, "a third is replayed")
    started.send_signal(signal.SIGKILL)
    assert started.wait() == -signal.SIGKILL


@pytest.mark.parametrize("messages", [20_000, pytest.param(100_000, marks=pytest.mark.long)])
def test_F31_replay_under_load(tmp_path: Path, messages: int) -> None:
    data = tmp_path / "data"
    fill(data, messages, chats=50, first_chat=messages // 2)
    # Follows the log once, so that there is something to be rebuilt.
    parley("replay", "all", "--data", str(data)).check_returncode()
    for name in ("tables", "search"):
        assert position(data, f"{name}_g2.db") > messages
    # Its generation 2 is live now; the names below speak of the next ones.

    async def scenario() -> None:
        async with Growing(server.url, server.url, CHAT, RATE) as load:
            for name in ("tables", "search"):
                await asyncio.to_thread(kill_in_the_middle, data, name, messages)
                again = await asyncio.to_thread(parley, "replay", name, "--json", "--data", str(data))
                assert again.returncode == 0, again.stderr
                [swapped] = json.loads(again.stdout)["replayed"]
                assert swapped["generation"] == 3
                assert swapped["resumed_at"] > messages / 3
                # Of what is live now, too.
                await load.more(20, seconds=60)
        assert load.posted > 0

    with Server(data) as server:
        asyncio.run(scenario())
        verified = parley("verify", "--data", str(data))
        assert verified.returncode == 0, verified.stdout + verified.stderr
        back = parley("rollback", "tables", "--data", str(data))
        assert back.returncode == 0, back.stderr
        verified = parley("verify", "--data", str(data))
        assert verified.returncode == 0, verified.stdout + verified.stderr
