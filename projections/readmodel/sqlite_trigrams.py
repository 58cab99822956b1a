"""Queries of SQLite's trigram index, which knows which texts have which three code points in a row."""

import sqlite3

MOST = 3
_ALIKE = frozenset("\ufffd\ufffe\uffff")


def match(needle: str) -> str | None:
    """A MATCH expression that every text with `needle` meets, and others may; None if no trigram tells.

    Only a few of a long needle's trigrams, its two ends among them: each costs a walk through its list, which in a
    store of a million took longer than to read the texts that fewer trigrams leave [measured].
    """
    last = len(needle) - 3
    if last < 0:
        return None
    some = {needle[at : at + 3] for at in (*range(0, last, max(1, last // MOST)), last)}
    return " AND ".join('"' + trigram.replace('"', '""') + '"' for trigram in sorted(some))


def is_told_by_trigrams(needle: str) -> bool:
    """Whether the texts that meet `match(needle)` are exactly those with the needle."""
    # FTS5 reads U+FFFE and U+FFFF as U+FFFD (fts5_unicode2.c, READ_UTF8).
    return len(needle) == 3 and _ALIKE.isdisjoint(needle)


def integrity(db: sqlite3.Connection) -> list[str]:
    """What is wrong between the index and the texts; takes the write lock, though it writes nothing.

    Source: sqlite.org/fts5.html#the_integrity_check_command.
    """
    try:
        db.execute("INSERT INTO trigrams (trigrams, rank) VALUES ('integrity-check', 1)")
    except sqlite3.DatabaseError as error:
        return [f"the trigram index does not go with the texts: {error}"]
    return []
