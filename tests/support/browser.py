"""A page as Chromium shows it, and what it asks for."""

import json
import os
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.services.chromium import Chromium
from tests.services.errors import ServiceError
from tests.services.installation import require

LIMIT = 300
# Of the page's own time, which stands still while it waits for an answer.
SETTLED_MS = 20_000
OPTIONS = (
    "--headless",
    # Root has none, nor do most containers; what is looked at is our own.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Nothing leaves this machine, not even what the browser wants for itself.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--enable-logging=stderr",
)


class Look(NamedTuple):
    """What came of opening a page."""

    dom: str
    """The document as HTML, after its scripts have run."""
    asked: tuple[str, ...]
    """The addresses that the page itself asked for, in their order."""
    console: tuple[str, ...]
    """What it, or the browser about it, said on the console."""


def look(url: str, folder: Path) -> Look:
    """Open a page of loopback in a browser without a past; `folder` is new. Skips where there is no Chromium."""
    program = _chromium()
    folder.mkdir()
    network = folder / "network.json"
    files = (f"--user-data-dir={folder / 'profile'}", f"--log-net-log={network}")
    command = [program, *OPTIONS, *files, f"--virtual-time-budget={SETTLED_MS}", "--dump-dom", url]
    home = {**os.environ, "HOME": str(folder)}
    done = subprocess.run(command, env=home, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, done.stderr
    console = tuple(line for line in done.stderr.splitlines() if ":CONSOLE" in line)
    return Look(done.stdout, tuple(_asked_by_pages(network)), console)


def _asked_by_pages(network: Path) -> list[str]:
    """From a net log: what has a page as its initiator. What the browser asks for by itself has none."""
    log = json.loads(network.read_text(encoding="utf-8"))
    started = log["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    begun = [event["params"] for event in log["events"] if event["type"] == started and "params" in event]
    return [job["url"] for job in begun if job.get("initiator", "not an origin") != "not an origin"]


def _chromium() -> str:
    try:
        if os.environ.get("CI") == "true":
            Chromium.install()
        return require("chromium", Chromium.programs["chromium"])
    except ServiceError as error:
        pytest.skip(str(error))
