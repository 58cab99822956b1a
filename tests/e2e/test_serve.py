"""`parley serve`: how it starts, refuses and stops."""

import asyncio
import os
import re
import signal
import socket
import sqlite3
import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.support.client import Client
from tests.support.server import Server, eventually, parley
from tests.support.walk import new_application, new_chat, walk


def test_it_says_where_it_is_and_what_to_try(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server:
        assert f"Parley serves {server.url}\n" in server.greeting
        assert str(server.data) in server.greeting
        command = re.search(r"curl .*", server.greeting)
        assert command is not None
        tried = subprocess.run(
            ["bash", "-c", f"{command[0]} -s"], capture_output=True, text=True, check=True, timeout=60
        )
        assert '"name":"first"' in tried.stdout


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly(tmp_path: Path, sig: int) -> None:
    server = Server(tmp_path / "data").start()
    assert server.stop(sig) == 0
    log = (tmp_path / "data.log").read_text(encoding="utf-8")
    assert "Traceback" not in log, log
    assert "ERROR" not in log, log
    # Nothing is left of it: the same folder and port serve again at once.
    server.start()
    assert server.stop() == 0


def test_after_a_kill_nothing_keeps_the_port_or_the_folder(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server:
        for _ in range(3):
            server.kill()
            server.start()


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server:
        second = parley("serve", "--port", "0", "--data", str(server.data))
        assert second.returncode == 1
        assert "is used by another Parley server" in second.stderr
        assert str(server.arbiter) in second.stderr
        assert "--data" in second.stderr


def test_a_port_in_use_is_refused(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = parley("serve", "--port", str(port), "--data", str(tmp_path / "data"))
    assert refused.returncode == 1
    assert f"port {port}" in refused.stderr
    assert "--port" in refused.stderr


@pytest.mark.parametrize("file", ["log.db", "control.db"])
def test_a_newer_data_format_is_refused(tmp_path: Path, file: str) -> None:
    data = tmp_path / "data"
    with Server(data) as server:
        server.stop()
    with sqlite3.connect(data / file) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    refused = parley("serve", "--port", "0", "--data", str(data))
    assert refused.returncode == 1
    assert "99" in refused.stderr
    assert "pgrade" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("settings", "options", "says"),
    [
        ({"PARLEY_PORT": "http"}, (), "PARLEY_PORT"),
        ({"PARLEY_PORT": "65536"}, (), "65536"),
        ({"PARLEY_ADMIN_KEY": "short"}, (), "PARLEY_ADMIN_KEY"),
        ({"PARLEY_OPEN": "yes"}, (), "PARLEY_OPEN"),
        ({}, ("--host", "0.0.0.0"), "PARLEY_ADMIN_KEY"),
        ({"PARLEY_HOST": "::"}, (), "PARLEY_OPEN=1"),
    ],
)
def test_wrong_settings_stop_the_start(
    tmp_path: Path, settings: dict[str, str], options: tuple[str, ...], says: str
) -> None:
    refused = parley("serve", "--data", str(tmp_path / "data"), *options, **settings)
    assert refused.returncode == 2
    assert says in refused.stderr
    assert "short" not in refused.stderr
    assert not (tmp_path / "data").exists()


def test_the_admin_key_comes_from_a_file(tmp_path: Path) -> None:
    key_file = tmp_path / "key"
    key_file.write_text("a key of the test itself\n", encoding="ascii")
    with Server(tmp_path / "data", {"PARLEY_ADMIN_KEY_FILE": str(key_file)}) as server:
        request = urllib.request.Request(
            f"{server.url}/applications", headers={"Authorization": "Bearer a key of the test itself"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 200


def test_a_worker_that_is_killed_comes_back_with_everything(tmp_path: Path) -> None:
    """F01 for one process: the arbiter starts another worker, which takes up where the first was."""
    with Server(tmp_path / "data") as server:
        first = server.worker
        os.kill(first, signal.SIGKILL)
        eventually(lambda: server.is_ready() and server.worker != first, "another worker is ready")


def test_SIGTERM_finishes_what_it_has_acknowledged(tmp_path: Path) -> None:
    """F34: requests in flight are answered, and all that was answered is there afterwards."""
    server = Server(tmp_path / "data").start()

    async def post(chat: str, acknowledged: list[int]) -> None:
        async with Client(server.url) as client:
            try:
                while True:
                    answer = await client.post(f"{chat}/messages", {"body": "x"})
                    assert answer.status in (201, 503), answer
                    if answer.status == 201:
                        acknowledged.append(answer.json()["number"])
            except (OSError, EOFError):
                return

    async def scenario() -> tuple[str, list[int]]:
        acknowledged: list[int] = []
        async with Client(server.url) as client:
            chat = await new_chat(client, await new_application(client))
        posting = [asyncio.create_task(post(chat, acknowledged)) for _ in range(16)]
        async with asyncio.timeout(60):
            while len(acknowledged) < 200:
                await asyncio.sleep(0.01)
        loop = asyncio.get_running_loop()
        assert await loop.run_in_executor(None, server.stop) == 0
        await asyncio.gather(*posting)
        return chat, acknowledged

    chat, acknowledged = asyncio.run(scenario())

    async def listed() -> list[int]:
        async with Client(server.url) as client:
            return [item["number"] for item in await walk(client, f"{chat}/messages")]

    with server:
        numbers = asyncio.run(listed())
    assert numbers == list(range(1, len(numbers) + 1))
    assert set(acknowledged) <= set(numbers)


def test_help_shows_settings_and_an_example() -> None:
    for command in re.findall(
        r"^  ([a-z-]+) ", parley("--help").stdout.partition("Commands:")[2], re.MULTILINE
    ):
        shown = parley(command, "--help")
        assert shown.returncode == 0
        assert "Example" in shown.stdout, command


def test_a_wrong_command_is_wrong_usage() -> None:
    assert parley("no-such-thing").returncode == 2
