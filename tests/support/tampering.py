"""Changes read tables behind everybody's back, as nobody should."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from engines.mysql_connection import connect
from projections.readmodel.mysql_schema import number_of, tables_of
from projections.readmodel.sqlite_files import remove
from tests.support.folder import Folder

A_CHAT = {
    "sqlite": "id = (SELECT max(id) FROM chats)",
    "mysql": "(app, number) = (SELECT * FROM"
    " (SELECT app, number FROM #chats ORDER BY app DESC, number DESC LIMIT 1) AS last)",
}
A_MESSAGE = {
    "sqlite": "(chat, number) = (SELECT m.chat, m.number FROM applications a JOIN chats c ON c.app = a.id"
    " JOIN messages m ON m.chat = c.id ORDER BY m.chat, m.number LIMIT 1)",
    "mysql": "(app, chat, number) = (SELECT * FROM (SELECT m.app, m.chat, m.number FROM #applications a"
    " JOIN #chats c ON c.app = a.id JOIN #messages m ON m.app = c.app AND m.chat = c.number"
    " ORDER BY m.app, m.chat, m.number LIMIT 1) AS first)",
}


class Tampering:
    """With one generation of a folder's read tables, wherever they are.

    In statements `#` comes before the name of each table, and `A_CHAT` and `A_MESSAGE` stand for one that is there.
    `#checkpoint` has that of the only generation.
    """

    def __init__(self, folder: Folder, number: int = 1) -> None:
        self._folder = folder
        self._number = number
        self._engine = folder.read_url.partition(":")[0]

    def execute(self, statement: str) -> int:
        """How many rows it changed."""
        with closing(self._connected()) as db:
            cursor = db.cursor()
            cursor.execute(self._spelled(statement))
            db.commit()
            return int(cursor.rowcount)

    def count(self, table: str) -> int:
        """How many rows it has."""
        with closing(self._connected()) as db:
            cursor = db.cursor()
            cursor.execute(self._spelled(f"SELECT COUNT(*) FROM #{table}"))
            return int(cursor.fetchone()[0])

    def lose(self) -> None:
        """All of the generation's rows."""
        if self._in_file:
            remove(self._path)
        else:
            self.execute(f"DROP TABLE {', '.join(tables_of(self._number))}")

    def generations(self) -> list[int]:
        """The numbers of those that take room."""
        if self._in_file:
            return sorted(int(path.stem[8:]) for path in self._folder.path.glob("tables_g*.db"))
        with closing(connect(self._folder.read_url)) as db, db.cursor() as cursor:
            cursor.execute("SHOW TABLES")
            return sorted(
                {number for (name,) in cursor.fetchall() if (number := number_of(name)) is not None}
            )

    def _connected(self) -> Any:
        return sqlite3.connect(self._path) if self._in_file else connect(self._folder.read_url)

    @property
    def _in_file(self) -> bool:
        return self._engine == "sqlite"

    @property
    def _path(self) -> Path:
        return self._folder.path / f"tables_g{self._number}.db"

    def _spelled(self, statement: str) -> str:
        for name, condition in (("A_CHAT", A_CHAT), ("A_MESSAGE", A_MESSAGE)):
            statement = statement.replace(name, condition[self._engine])
        own = "checkpoint" if self._in_file else "generations"
        statement = statement.replace("#checkpoint", own)
        suffix = "" if self._in_file else f"_g{self._number}"
        for table in ("applications", "chats", "messages"):
            statement = statement.replace(f"#{table}", f"{table}{suffix}")
        return statement
