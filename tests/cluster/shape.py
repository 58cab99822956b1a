"""Which processes there are, and how many of each."""

from collections.abc import Iterator
from typing import NamedTuple

Arguments = tuple[str, ...]


class Shape(NamedTuple):
    """`projectors` is the number for each projection."""

    commands: int = 2
    queries: int = 2
    projectors: int = 2
    schedulers: int = 1

    def members(self) -> Iterator[tuple[str, Arguments]]:
        """Role and arguments of each process."""
        yield from [("command-api", ("command-api",))] * self.commands
        yield from [("query-api", ("query-api",))] * self.queries
        for name in ("tables", "search"):
            yield from [(f"projector-{name}", ("projector", name))] * self.projectors
        yield from [("scheduler", ("scheduler",))] * self.schedulers


USUAL = Shape()
