"""The README's story, as written, and the demo that plays the same."""

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.support.group import Group
from tests.support.server import ROOT, environment, parley

README = (ROOT / "README.md").read_text(encoding="utf-8")


def story(text: str = README.partition("### Keys")[0]) -> list[tuple[str, str]]:
    """(command, expected output) of each `$` line in console blocks; those of the story are what the demo plays."""
    steps: list[tuple[str, str]] = []
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append((line[2:], ""))
            else:
                steps[-1] = (steps[-1][0], steps[-1][1] + line)
    return steps


def neutral(text: str) -> str:
    """Without what differs at each run."""
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", "<time>", text)
    return re.sub(r"/applications/[\w-]{43}", "/applications/<token>", text)


@pytest.mark.parametrize(
    "group",
    [("sqlite", 1), ("mariadb", 1), ("cluster", 1)],
    ids=["sqlite", "mariadb", "cluster"],
    indirect=True,
)
def test_the_story_runs_as_written(group: Group) -> None:
    [server] = group.servers
    steps = story(README)
    assert len(steps) > len(story()) > 15
    assert steps[0][0] == "PARLEY=http://127.0.0.1:3000"
    with shell(f"PARLEY={server.url}") as run:
        for command, expected in steps[1:]:
            if "-X" not in command and "--json" not in command:
                # Who types it takes longer than a cluster to show what was done.
                group.settle()
            assert neutral(run(command).strip()) == expected, command


@contextmanager
def shell(first: str) -> Iterator[Callable[[str], str]]:
    """One shell for many commands, each of which gives what it prints."""
    with subprocess.Popen(
        ["bash", "-euo", "pipefail"],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def run(command: str) -> str:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(f"{command}\necho; echo ---\n")
            process.stdin.flush()
            lines = list(iter(process.stdout.readline, "---\n"))
            return "".join(lines)

        run(first)
        yield run


def test_the_demo_plays_the_story(door: Group) -> None:
    [server] = door.servers
    played = parley("demo", "--url", server.url)
    assert played.returncode == 0, played.stderr
    lines = played.stdout.splitlines()
    assert lines[0] == f"PARLEY={server.url}"
    assert [line for line in lines[1:] if line and not line.startswith("#")] == [
        command for command, _ in story()[1:]
    ]
    answers = [expected for _, expected in story() if expected]
    shown = [neutral(line) for line in lines]
    assert [answer for answer in answers if f"# {answer}" not in shown] == []


def test_what_the_demo_prints_does_the_same_when_it_is_copied(door: Group) -> None:
    [server] = door.servers
    first, *lines = parley("demo", "--url", server.url).stdout.splitlines()
    with shell(first) as run:
        printed = ""
        for line in lines:
            if line.startswith("#"):
                # A status stands for an answer without a body; that about the application goes into a variable.
                silent = re.fullmatch(r"# \d+", line) or '"name":' in line
                assert neutral(printed) == ("" if silent else neutral(line[2:])), line
            elif line:
                if line.startswith("curl") and not re.search("-X|--json", line):
                    door.settle()
                printed = run(line).strip()


def test_the_demo_says_what_to_do_when_there_is_no_server() -> None:
    played = parley("demo", "--url", "http://127.0.0.1:9")
    assert played.returncode == 1
    assert "bin/parley serve" in played.stderr


def test_the_readme_lists_the_commands_there_are() -> None:
    listed = set(
        re.findall(r"`parley ([a-z-]+)[^`]*`", README.partition("## Commands")[2].partition("## Settings")[0])
    )
    shown = set(re.findall(r"^  ([a-z-]+) ", parley("--help").stdout.partition("Commands:")[2], re.MULTILINE))
    assert listed == shown
