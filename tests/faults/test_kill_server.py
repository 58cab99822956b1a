"""F01: SIGKILL of the server or its worker under load: nothing acknowledged is lost, nothing happens twice."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from tests.support.client import Client
from tests.support.server import Server, parley
from tests.support.walk import new_application, new_chat, walk

CLIENTS = 32


async def load(server: Server, chat: str, stop: asyncio.Event, acknowledged: dict[str, int]) -> None:
    """Clients that post unique bodies, each with its key, and try again until the answer has come."""

    async def one(name: int) -> None:
        async with Client(server.url) as client:
            turn = 0
            while not stop.is_set():
                turn += 1
                body = f"{name}:{turn}"
                while body not in acknowledged:
                    try:
                        answer = await client.post(f"{chat}/messages", {"body": body}, Idempotency_Key=body)
                    except (OSError, EOFError, TimeoutError):
                        await asyncio.sleep(0.01)
                        continue
                    assert answer.status in (201, 503), answer
                    if answer.status == 201:
                        acknowledged[body] = answer.json()["number"]

    await asyncio.gather(*[one(name) for name in range(CLIENTS)])


async def everything_is_there(server: Server, chat: str, acknowledged: dict[str, int]) -> None:
    """Each acknowledged message once, under its number, and no other; numbers without a gap."""
    async with Client(server.url) as client:
        items = await walk(client, f"{chat}/messages")
    numbers = [item["number"] for item in items]
    assert numbers == list(range(1, len(numbers) + 1))
    assert {item["body"]: item["number"] for item in items} == acknowledged


async def grown(acknowledged: dict[str, int], by: int) -> None:
    goal = len(acknowledged) + by
    async with asyncio.timeout(60):
        while len(acknowledged) < goal:
            await asyncio.sleep(0.01)


POINTS = ["append-before-insert", "append-before-commit", "append-after-commit", "append-after-publish"]


@pytest.mark.parametrize("point", POINTS)
def test_F01_killed_at_a_point(tmp_path: Path, point: str) -> None:
    """The worker dies at every 20th pass of the point, and the arbiter starts the next one."""
    acknowledged: dict[str, int] = {}

    async def scenario() -> None:
        stop = asyncio.Event()
        async with Client(server.url) as client:
            chat = await new_chat(client, await new_application(client))
        workers = {server.worker}
        loading = asyncio.create_task(load(server, chat, stop, acknowledged))
        async with asyncio.timeout(120):
            while len(workers) < 4 or len(acknowledged) < 200:
                await asyncio.sleep(0.01)
                workers |= server.workers
        stop.set()
        await loading
        await everything_is_there(server, chat, acknowledged)

    with Server(tmp_path / "data", {"PARLEY_CRASHPOINT": f"{point}:20"}) as server:
        asyncio.run(scenario())
    verified = parley("verify", "--data", str(tmp_path / "data"))
    assert verified.returncode == 0, verified.stdout + verified.stderr


@pytest.mark.parametrize("rounds", [5, pytest.param(20, marks=pytest.mark.long)])
def test_F01_kill_under_load(tmp_path: Path, rounds: int) -> None:
    acknowledged: dict[str, int] = {}

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        async with Client(server.url) as client:
            chat = await new_chat(client, await new_application(client))
        loading = asyncio.create_task(load(server, chat, stop, acknowledged))
        for turn in range(rounds):
            await grown(acknowledged, 100 + 37 * (turn % 5))
            if turn % 2:
                # The arbiter starts another worker on the same port and folder.
                os.kill(server.worker, signal.SIGKILL)
            else:
                await loop.run_in_executor(None, server.kill)
                await loop.run_in_executor(None, server.start)
        await grown(acknowledged, 100)
        stop.set()
        await loading
        await everything_is_there(server, chat, acknowledged)

    with Server(tmp_path / "data") as server:
        asyncio.run(scenario())
        verified = parley("verify", "--data", str(server.data))
        assert verified.returncode == 0, verified.stdout + verified.stderr
