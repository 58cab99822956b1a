"""norm: one spelling for texts that search holds for equal."""

import time
from unicodedata import is_normalized, normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.readmodel.norm import fold, norm

ANY = st.characters(exclude_categories=["Cs"])
# Few letters and many marks, so that what interacts does meet.
LETTERS = "aAeiIßİ. ﬃ…ﷺ¨ͺ漢👩"
JAMO_AND_KANA = "\u1100\u1161\u11a8\uac00\uac01\uffa1\uffc2\uff76\uff9e\u30ab\u304b\u304c\u3099"
SINGLETONS_AND_EXCLUSIONS = "\u212b\u2126\u0958\ufb1d\u09c7\u09be\u09d7\u0627\u0622"
DROPPED_AND_JOINERS = "\u0300\u0301\u0302\u0323\u0327\u0344\u0345\u200d\ufe0f"
KEPT_MARKS = "\u05b0\u05b1\u0653\u0654\u0655\u093c\u0f71\u0f72\u0f73\u0f75"
TELLING = st.sampled_from(
    LETTERS + JAMO_AND_KANA + SINGLETONS_AND_EXCLUSIONS + DROPPED_AND_JOINERS + KEPT_MARKS
)
TEXTS = st.text(TELLING | ANY, max_size=30)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("Hello, C++20!", "hello, c++20!"),
        ("Straße", "strasse"),
        ("STRASSE", "strasse"),
        ("İstanbul ISTANBUL ı", "istanbul istanbul ı"),
        ("Café", "cafe"),
        ("Cafe\u0301", "cafe"),
        ("ﬃ", "ffi"),
        ("Ⅷ ½ ①", "viii 1\u20442 1"),
        ("Σίσυφος", "σισυφοσ"),
        ("¨", " "),
        ("\u0301", ""),
        ("e\u0301\u0344\u0345", "e"),
        ("\uac01", "\uac01"),
        ("\u1100\u1161\u11a8", "\uac01"),
        ("\u304c", "\u304c"),
        ("\u304b\u3099", "\u304c"),
        ("ｶﾞ", "カ\u3099"),
        ("\u212b \u2126", "a ω"),
        ("\u0958", "\u0915\u093c"),
        ("漢字", "漢字"),
        ("👩\u200d💻", "👩\u200d💻"),
    ],
)
def test_examples(text: str, expected: str) -> None:
    assert norm(text) == expected


def test_ascii_takes_the_same_way() -> None:
    text = "".join(map(chr, range(128)))
    assert norm(text) == "".join(map(fold, text))


def test_every_code_point_settles_in_one_norm() -> None:
    every = [chr(code) for code in range(0x32000) if not 0xD800 <= code < 0xE000]
    unsettled = [char for char in every if norm(fold(char)) != fold(char)]
    assert unsettled == []


def test_exactly_the_block_of_marks_is_dropped() -> None:
    dropped = [code for code in range(0x32000) if not 0xD800 <= code < 0xE000 and not fold(chr(code))]
    assert dropped == list(range(0x0300, 0x0370))


@given(TEXTS)
def test_what_norm_is_made_of_stays_as_it_is(text: str) -> None:
    assert all(fold(char) == char for char in norm(text))


@given(TEXTS)
def test_a_norm_that_is_nfc_is_its_own_norm(text: str) -> None:
    once = norm(text)
    assert norm(normalize("NFC", once)) == once or not is_normalized("NFC", once)


@pytest.mark.parametrize("text", ["ｶﾞ", "\uffa1\uffc2", "\u1100\u0301\u1161"])
def test_a_second_norm_may_join_what_stood_apart(text: str) -> None:
    assert norm(norm(text)) != norm(text)


@given(TEXTS)
def test_equal_for_every_canonical_spelling(text: str) -> None:
    assert norm(text) == norm(normalize("NFC", text)) == norm(normalize("NFD", text))


@given(TEXTS, st.data())
def test_any_part_of_an_nfc_text_is_found(text: str, data: st.DataObject) -> None:
    whole = normalize("NFC", text)
    start = data.draw(st.integers(0, len(whole)))
    stop = data.draw(st.integers(start, len(whole)))
    assert norm(whole[start:stop]) in norm(whole)


@given(st.text("\u0301\u0344\u05b0\u05b1\u0323\u3099\u0f73\u0f75\u0f81\u304b\uac00\u0654", min_size=1))
@settings(max_examples=50, deadline=None)
def test_long_runs_of_marks_get_the_same_norm(part: str) -> None:
    text = part * 100
    assert norm(text) == "".join(map(fold, normalize("NFC", text)))


@pytest.mark.parametrize("marks", ["\u05b1\u0344\u05b0", "\u0f75", "\u0f72\u0f73"])
def test_time_does_not_grow_with_the_square_of_the_marks(marks: str) -> None:
    text = ("a" + marks * 40_000)[:40_000]
    before = time.process_time()
    norm(text)
    assert time.process_time() - before < 1
