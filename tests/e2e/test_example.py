"""examples/client.py posts once and reads what it wrote, through a connection that loses answers."""

import asyncio
import json
import re
import sqlite3
import subprocess
import sys
import urllib.error
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from examples.client import Parley
from tests.support.group import Group
from tests.support.proxy import Cut, Proxy
from tests.support.server import ROOT, Server, environment
from tests.support.waiting import until
from tests.support.walk import walk

MESSAGE = "Two crème brûlées, please 🍮"


def listed(door: Group, path: str) -> list[dict[str, Any]]:
    async def read() -> list[dict[str, Any]]:
        async with door.client() as client:
            return await walk(client, path)

    door.settle()
    return asyncio.run(read())


def test_a_lost_answer_to_a_post_leaves_one_message(door: Group) -> None:
    [server] = door.servers
    with Proxy("127.0.0.1", server.port) as proxy:
        proxy.cut_on(json.dumps(MESSAGE).encode(), Cut.REPLY_LOST)
        played = subprocess.run(
            [sys.executable, ROOT / "examples" / "client.py", proxy.through(server.url)],
            env=environment(PYTHONUTF8="1"),
            text=True,
            encoding="utf-8",
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert proxy.counts["REPLY_LOST"] == 1
    assert (played.returncode, played.stdout) == (0, f"1 {MESSAGE}\n"), played.stderr


def test_whatever_is_lost_nothing_is_made_twice(door: Group) -> None:
    [server] = door.servers
    with Proxy("127.0.0.1", server.port) as proxy:
        parley = Parley(proxy.through(server.url))
        proxy.cut_on(b"POST ", Cut.REPLY_LOST)
        application = f"/applications/{parley.post('/applications', {'name': 'x'})['token']}"
        for how in Cut:
            proxy.cut_on(b"POST ", how, times=2)
            number = parley.post(f"{application}/chats", {"title": how.name})["number"]
            proxy.cut_on(b"GET ", how)
            assert parley.get(f"{application}/chats/{number}")["title"] == how.name
        proxy.heal()
    assert [chat["title"] for chat in listed(door, f"{application}/chats")] == [how.name for how in Cut]


def test_503_is_waited_for(server: Server) -> None:
    with Proxy("127.0.0.1", server.port) as proxy, ThreadPoolExecutor(1) as beside:
        parley = Parley(proxy.through(server.url))
        application = f"/applications/{parley.post('/applications', {'name': 'x'})['token']}"
        holder = sqlite3.connect(server.data / "log.db", isolation_level=None)
        try:
            holder.execute("BEGIN IMMEDIATE")
            before = proxy.counts["accepted"]
            posted = beside.submit(parley.post, f"{application}/chats", {})
            until(lambda: proxy.counts["accepted"] > before + 1, "a second attempt")
            assert not posted.done()
        finally:
            holder.close()
        assert posted.result(60)["number"] == 1
        assert parley.get(f"{application}/chats")["items"] == [posted.result()]


def test_a_refusal_is_not_tried_again(server: Server) -> None:
    with Proxy("127.0.0.1", server.port) as proxy:
        with pytest.raises(urllib.error.HTTPError, match="422"):
            Parley(proxy.through(server.url)).post("/applications", {"name": ""})
        assert proxy.counts["accepted"] == 1


def test_the_readme_of_the_examples_tells_how_it_is_run() -> None:
    readme = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    [command] = re.findall(r"^python3 (\S+)", readme, re.MULTILINE)
    assert (ROOT / command).is_file()
    assert f"`1 {MESSAGE}`" in readme
