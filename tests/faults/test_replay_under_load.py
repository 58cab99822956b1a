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
from tests.support.client import Client
from tests.support.server import Server, environment, eventually, parley

RATE = 200
CHAT = f"/applications/{TOKEN}/chats/1"


class Load:
    """Posts at a steady rate, and a reader that checks that all it sees only ever grows."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._stop = asyncio.Event()
        self.posted = 0
        self.reads = 0

    async def run(self) -> None:
        await asyncio.gather(self._write(), self._read())

    def stop(self) -> None:
        self._stop.set()

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        async with Client(self._server.url) as client:
            while not self._stop.is_set():
                answer = await client.post(f"{CHAT}/messages", {"body": "needle in a haystack"})
                assert answer.status == 201, answer
                self.posted += 1
                await asyncio.sleep(max(0, start + self.posted / RATE - loop.time()))

    async def _read(self) -> None:
        seen = (0, 0, 0)
        async with Client(self._server.url) as client:
            while not self._stop.is_set():
                chat = await client.get(CHAT)
                newest = await client.get(f"{CHAT}/messages?order=desc&limit=1")
                found = await client.get(f"{CHAT}/messages/search?q=needle&limit=1")
                assert [chat.status, newest.status, found.status] == [200, 200, 200], (chat, newest, found)
                now = (
                    chat.json()["messages_count"],
                    newest.json()["items"][0]["number"],
                    found.json()["total"],
                )
                assert all(new >= old for new, old in zip(now, seen, strict=True)), (seen, now)
                seen = now
                self.reads += 1


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
        loop = asyncio.get_running_loop()
        load = Load(server)
        running = asyncio.create_task(load.run())
        for name in ("tables", "search"):
            await loop.run_in_executor(None, kill_in_the_middle, data, name, messages)
            again = await loop.run_in_executor(
                None, lambda name=name: parley("replay", name, "--json", "--data", str(data))
            )
            assert again.returncode == 0, again.stderr
            [swapped] = json.loads(again.stdout)["replayed"]
            assert swapped["generation"] == 3
            assert swapped["resumed_at"] > messages / 3
            assert not running.done(), running.result()
            # Some more reads of what is live now.
            before = load.reads
            async with asyncio.timeout(60):
                while load.reads < before + 20 and not running.done():
                    await asyncio.sleep(0.01)
        load.stop()
        await running
        assert load.posted > 0

    with Server(data) as server:
        asyncio.run(scenario())
        verified = parley("verify", "--data", str(data))
        assert verified.returncode == 0, verified.stdout + verified.stderr
        back = parley("rollback", "tables", "--data", str(data))
        assert back.returncode == 0, back.stderr
        verified = parley("verify", "--data", str(data))
        assert verified.returncode == 0, verified.stdout + verified.stderr
