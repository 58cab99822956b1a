"""What no tracked file may say, and what every room must."""

import re

import pytest

from tests.architecture.checkout import ROOMS, ROOT, VENDORED, tracked_files

# Spelled so that this file does not match itself.
FORBIDDEN = {
    "a note to self": re.compile(r"\b(TO[D]O|FIX[M]E|X[X]X)\b"),
    "a machine's path": re.compile(r"(?<![\w.:/-])/(root|work|home|Users)/\w"),
    "a package index": re.compile(
        r"--(extra-)?index-[u]rl|--trusted-[h]ost|https?://\S+/simple\b|files\.python[h]osted"
    ),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_says(what: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in tracked_files()
        if not path.is_relative_to(VENDORED)
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if FORBIDDEN[what].search(line)
    ]

    assert not found, "\n".join(found)


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_explains_itself(room: str) -> None:
    assert (ROOT / room / "README.md").is_file()
