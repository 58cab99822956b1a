"""Values as text of SQL, for statements of many rows."""

from collections.abc import Iterable, Iterator, Sequence

from pymysql.converters import escape_string

STATEMENT_BYTES = 1 << 20
"""More or less what a statement of many rows may have: well below the least `max_allowed_packet` of our servers."""


def binary(value: bytes | str) -> str:
    """A literal of bytes; text as UTF-8. Hexadecimal needs no escaping, whatever the server's mode."""
    return f"x'{(value.encode() if isinstance(value, str) else value).hex()}'"


def binaries(values: Iterable[bytes | str]) -> str:
    """A list of such literals, for IN."""
    return ", ".join(map(binary, values))


def quoted(text: str | None) -> str:
    """A literal of text, or NULL; for sessions of `engines.mysql_connection`, where a backslash escapes."""
    return "NULL" if text is None else f"'{escape_string(text)}'"


def escaped_lines(lines: str) -> str:
    """Many texts without a NUL, one in each line, as they must stand between quotes. In a tenth of the time."""
    return lines.replace("\\", "\\\\").replace("'", "\\'")


def statements(begin: str, rows: Sequence[str], end: str = "", most: int = STATEMENT_BYTES) -> Iterator[str]:
    """`INSERT INTO t VALUES` for all rows, `(1, 2)` each; in as many statements as their size asks for."""
    if not rows:
        return
    values = ",".join(rows)
    if len(values) <= most or len(rows) == 1:
        yield f"{begin} {values} {end}"
        return
    middle = len(rows) // 2
    yield from statements(begin, rows[:middle], end, most)
    yield from statements(begin, rows[middle:], end, most)
