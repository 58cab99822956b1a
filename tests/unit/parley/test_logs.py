"""Lines of the log: their form, that nothing in them steers, and that a slow reader stops nobody."""

import fcntl
import json
import logging
import os
import sys
from collections.abc import Iterator

import pytest

from parley.lines import Lines
from parley.logs import TEXT, access_lines, configure, harmless
from tests.support.waiting import until
from web.observing import Answer
from web.trace import Trace

EVIL = "x\r\nforged line\x1b[31m\x9b1m\u202e"
ANSWER = Answer("POST", "/a/{token}", 201, 0.0031, 17, Trace("mine", f"00-{'a' * 32}-{'b' * 16}-01"))


@pytest.fixture
def alone() -> Iterator[None]:
    """The root logger as it was, afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def told(form: str, monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> list[str]:
    """The lines that come of a message, an error and an answer."""
    with open(f"{tmp_path}/log", "w+b") as file:
        monkeypatch.setattr(sys, "stderr", file)
        configure(form)
        logging.getLogger("some").warning("said %s", EVIL)
        try:
            raise ValueError(EVIL)
        except ValueError:
            logging.getLogger("some").exception("failed")
        access_lines()(ANSWER)
        logging.getLogger().handlers[0].flush()
        file.seek(0)
        return file.read().decode().splitlines()


@pytest.mark.usefixtures("alone")
def test_x31_json_lines(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    lines = told("json", monkeypatch, tmp_path)
    said, failed, answered = (json.loads(line) for line in lines)
    assert all(line.isprintable() for line in lines)
    assert said["event"].startswith("said x\r\nforged line\x1b[31m\x9b1m\u202e")
    assert (said["level"], said["logger"]) == ("warning", "some")
    assert failed["event"] == "failed"
    assert "ValueError: x" in failed["exception"]
    assert answered.pop("timestamp").endswith("Z")
    assert answered == {
        "level": "info",
        "logger": "access",
        "event": "request",
        "method": "POST",
        "route": "/a/{token}",
        "status": 201,
        "duration_ms": 3.1,
        "bytes": 17,
        "request_id": "mine",
        "trace_id": "a" * 32,
    }


@pytest.mark.usefixtures("alone")
def test_x31_lines_for_people(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    lines = told(TEXT, monkeypatch, tmp_path)
    assert all(line.isprintable() for line in lines)
    assert lines[0].endswith(r"WARNING some said x\u000d\u000aforged line\u001b[31m\u009b1m\u202e")
    assert lines[1].endswith("ERROR some failed")
    assert all(line.startswith("    ") for line in lines[2:-1])
    assert "POST /a/{token} 201 3.1 ms 17 bytes request=mine" in lines[-1]


def test_x31_what_is_harmless_stays() -> None:
    assert harmless("a\ud800") == r"a\ud800"
    assert harmless("zoë 🍣 日本") == "zoë 🍣 日本"


def test_a_reader_that_does_not_read_costs_lines_not_time() -> None:
    reader, writer = os.pipe()
    try:
        lines = Lines(writer, lambda count: b"lost %d\n" % count, most=10)
        # More than the pipe takes: the thread hangs in it from here on.
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        for _ in range(2):
            lines.put(b"x" * 4000 + b"\n")
        until(lambda: not lines.waiting)
        for _ in range(25):
            lines.put(b"more\n")
        assert lines.dropped == 15
        heard = b""
        while b"lost" not in heard:
            heard += os.read(reader, 1 << 16)
        assert heard.endswith(b"more\n" * 10 + b"lost 15\n")
    finally:
        os.close(writer)
        os.close(reader)
