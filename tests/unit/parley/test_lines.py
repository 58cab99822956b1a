"""Lines of several processes in one pipe stay whole, however long they are; one that can't be made ends nothing."""

import json
import logging
import os
import sys
from pathlib import Path

import pytest

from parley.lines import CUT, LONGEST, Lines, pieces
from parley.logs import JSON, configure

MANY = 2_000


def test_lines_of_two_are_not_torn_into_each_other() -> None:
    reader, writer = os.pipe()
    try:
        both = [Lines(writer, lambda count: b"lost %d\n" % count) for _ in range(2)]
        expected = [letter * 300 + b"\n" for letter in (b"a", b"b")]
        for _ in range(MANY):
            for lines, line in zip(both, expected, strict=True):
                lines.put(line)
        heard = b""
        while len(heard) < 2 * MANY * 301:
            heard += os.read(reader, 1000)
        assert sorted(heard.splitlines(keepends=True)) == [expected[0]] * MANY + [expected[1]] * MANY
    finally:
        os.close(writer)
        os.close(reader)


def test_pieces_are_of_whole_lines() -> None:
    short, full, long = b"x" * 99 + b"\n", b"y" * (LONGEST - 1) + b"\n", "é".encode() * LONGEST + b"\n"
    traceback = b"said\n" + b"    in a function\n" * LONGEST
    given = [*[short] * 50, full, short, long, traceback]
    made = list(pieces(given))
    assert max(map(len, made)) <= LONGEST
    assert all(piece.endswith(b"\n") for piece in made)
    cut = long.decode()[: (LONGEST - len(CUT)) // 2].encode() + CUT
    assert b"".join(made) == b"".join([*given[:-2], cut, traceback])


def test_a_long_json_line_loses_its_middle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", root.handlers[:])
    monkeypatch.setattr(root, "level", root.level)
    with (tmp_path / "log").open("w+b") as file:
        monkeypatch.setattr(sys, "stderr", file)
        configure(JSON)
        try:
            raise ValueError("\0" * 100_000 + "the end")
        except ValueError:
            logging.getLogger("some").exception("%s", "é" * 100_000)
        root.handlers[0].flush()
        file.seek(0)
        [line] = file.readlines()
    assert len(line) <= LONGEST
    said = json.loads(line)
    assert said["logger"] == "some"
    assert said["event"].startswith("é" * 40)
    assert said["exception"].startswith("Traceback")
    assert said["exception"].endswith("the end")
    assert "[cut]" in said["exception"]


def test_a_line_that_cant_be_made_costs_only_itself(caplog: pytest.LogCaptureFixture) -> None:
    def fails() -> bytes:
        raise ZeroDivisionError

    reader, writer = os.pipe()
    try:
        lines = Lines(writer, lambda count: b"lost %d\n" % count)
        for line in (fails, b"one\n", fails, lambda: b"two\n"):
            lines.put(line)
        lines.flush()
        assert os.read(reader, 100) == b"one\ntwo\n"
        lines.put(b"three\n")
        lines.flush()
        assert os.read(reader, 100) == b"three\n"
    finally:
        os.close(writer)
        os.close(reader)
    assert lines.failed == 2
    assert [record.name for record in caplog.records] == ["parley.lines"]
