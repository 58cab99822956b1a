"""Texts for bodies, names and titles: real ones, hard ones, and mixtures."""

import json
import random
from collections.abc import Callable, Mapping
from typing import Any

from tests.support.fortunes import FOLDERS, fortunes

HARD = (
    "%_'\"\\",
    "C++20 foo.png a*b? (x) [y] {z}",
    "é e\u0301 ǰ \u0344 \u0301",
    "\u0301",
    "ß ẞ İ ı ﬃ Σσς ſ K Å",
    "寿司🍣🍺 ｶﾞ ガ 각 \u1100\u1161\u11a8 \ufdfa",
    "👩‍👩‍👧 🏳️‍🌈 👍🏽 🇩🇪",
    "שלום עולם \u202eabc\u202c مرحبا",
    "</script><!-- & &amp; \u2028 \u2029 -->",
    " \t\r\n x \u00a0\u3000",
    "\ufeff\ufffe\uffff\U0010ffff\u200b\u0001\x7f\x85 x",
    "Robert'); DROP TABLE messages;--",
    "a" + "\u0301" * 300,
    '{"body": null}',
)
LONGEST = ("x" * 10_000, "🍣" * 10_000, "\ufdfa" * 10_000, "ab" * 4_999 + "Ω")


class Texts:
    """Always the same for one state of the dice."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._real = [text for package in FOLDERS for text in dice.sample(fortunes(package), 300)]

    def body(self) -> str:
        """For a message."""
        kind = self._dice.random()
        if kind < 0.55:
            return self._dice.choice(self._real)[:10_000]
        if kind < 0.8:
            return self._mixed(30)
        if kind < 0.98:
            return self._dice.choice(HARD)
        return self._dice.choice(LONGEST)

    def short(self) -> str:
        """For a name, a title or a sender."""
        kind = self._dice.random()
        if kind < 0.4:
            return self._dice.choice(HARD)[:255]
        return self._mixed(10) if kind < 0.95 else "界" * 255

    def _mixed(self, most: int) -> str:
        """Pieces of all, and characters of no language; never only white space."""
        pieces: list[str] = []
        for _ in range(self._dice.randint(1, most)):
            text = self._dice.choice((*HARD, self._dice.choice(self._real)))
            start = self._dice.randrange(len(text))
            pieces += text[start : start + self._dice.randint(1, 12)], self._character()
        return f"{''.join(pieces)[:254]}."

    def _character(self) -> str:
        while True:
            code = self._dice.randrange(1, self._dice.choice((0x80, 0x3000, 0x10000, 0x110000)))
            if not 0xD800 <= code < 0xE000:
                return chr(code)


def spelled(value: Mapping[str, Any], dice: random.Random) -> bytes:
    """The same JSON in one of its many spellings."""
    members = list(value.items())
    dice.shuffle(members)
    some: Callable[[], bool] = lambda: dice.random() < 0.5  # noqa: E731 - a name for what it reads as
    text = json.dumps(dict(members), ensure_ascii=some(), indent=dice.choice((None, None, 1)))
    return text.encode()
