"""`Prefer: wait` as RFC 7240 has it."""

import pytest

from queries.http.prefer import wait_seconds


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("wait=3", 3),
        ("Wait = 3", 3),
        ('wait="3"', 3),
        ("wait=3;unit=s", 3),
        ("wait=0", 0),
        ("respond-async, wait=3", 3),
        (", ,wait=3", 3),
        ('note="a, wait=1; \\" wait=1", wait=3', 3),
        ("handling; wait=1, wait=3", 3),
        ("wait=3, wait=9", 3),
    ],
)
def test_understood(prefer: str, seconds: int) -> None:
    assert wait_seconds(prefer) == seconds


@pytest.mark.parametrize(
    "prefer",
    [
        None,
        "",
        "respond-async",
        "wait",
        "wait=",
        "wait=soon",
        "wait=-1",
        "wait=1.5",
        "wait=3=4",
        "wait=3 4",
        "wait=²",
        'wait="3',
        "=3",
        "await=3",
        "wait=" + "9" * 5000,
        "\x00\xff" * 100,
        '"' * 4000,
        "a;" * 4000,
    ],
)
def test_ignored(prefer: str | None) -> None:
    assert wait_seconds(prefer) is None


BLANKS = " " * 2_000_000


@pytest.mark.parametrize(
    "prefer", [BLANKS, f"wait{BLANKS}x", f"wait={BLANKS}", f"wait=3{BLANKS}x", f'a;{BLANKS}"', f",{BLANKS}x"]
)
def test_blanks_are_read_once(prefer: str) -> None:
    """A second look for each blank would take hours."""
    assert wait_seconds(prefer) is None
