"""What SQLite finds wrong with a file."""

import sqlite3

_SOUND = ["ok"]


def integrity(db: sqlite3.Connection) -> list[str]:
    """What is wrong with the file's pages, tables and indexes; a reader's lock is enough.

    Not `quick_check`, which does not compare indexes with their tables (sqlite.org/pragma.html#pragma_quick_check).
    """
    found = [line for (line,) in db.execute("PRAGMA integrity_check")]
    return [] if found == _SOUND else found
