"""The one spelling under which texts are compared in search."""

import re
from unicodedata import combining, is_normalized, normalize

_DROPPED = dict.fromkeys(range(0x0300, 0x0370))
_LONG_RUN = re.compile(rb"[^\0]{256,}")
_STARTERS_THAT_BECOME_MARKS = ("\u0f73", "\u0f75", "\u0f81")


def norm(text: str) -> str:
    """NFC of `text`, then the fold of each code point.

    Each on its own, so that any substring of an NFC text is found: `norm(part) in norm(whole)`. The price:
    the answer need not be NFC, and then `norm` of it differs (half-width kana, jamo). Apply it once.

    Source: Unicode UAX #15; NFC is closed under substrings, not under concatenation.
    """
    if text.isascii():
        return text.lower()
    return _nfc(text).translate(_FOLDS)


def fold(char: str) -> str:
    """What one code point becomes, 0 to 18 code points: NFD, drop U+0300–U+036F, NFKC, full case folding,
    repeated until nothing changes. Empty for exactly the marks U+0300–U+036F.

    Source: Unicode UAX #15 (the normalisation forms) and section 3.13 (case folding).
    """
    return _FOLDS[ord(char)]


class _Folds(dict[int, str]):
    """Code point -> its fold, computed at first sight; never more entries than there are code points."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _settled(chr(code))
        return folded


_FOLDS = _Folds()


def _settled(text: str) -> str:
    # One round is not enough: NFKC makes a space and a mark of U+00A8.
    while (folded := _folded_once(text)) != text:
        text = folded
    return folded


def _folded_once(text: str) -> str:
    return normalize("NFKC", normalize("NFD", text).translate(_DROPPED)).casefold()


def _nfc(text: str) -> str:
    # CPython orders marks by insertion: 10,000 in the wrong order hold the GIL for a third of a second.
    if not is_normalized("NFC", text):
        text = _in_order(text)
    return normalize("NFC", text)


def _in_order(text: str) -> str:
    """`text` with its long runs of marks in canonical order; canonically equivalent to `text`."""
    for char in _STARTERS_THAT_BECOME_MARKS:
        text = text.replace(char, normalize("NFD", char))
    chars = list(text)
    for run in _LONG_RUN.finditer(bytes(map(combining, text))):
        part = slice(*run.span())
        chars[part] = sorted(chars[part], key=combining)
    return "".join(chars)
