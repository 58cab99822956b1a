"""Values as text of SQL, for statements of many rows: hexadecimal needs no escaping, whatever the server's mode."""

from collections.abc import Iterable


def binary(value: bytes | str) -> str:
    """A literal of bytes; text as UTF-8."""
    return f"x'{(value.encode() if isinstance(value, str) else value).hex()}'"


def binaries(values: Iterable[bytes | str]) -> str:
    """A list of such literals, for IN."""
    return ", ".join(map(binary, values))
