"""Two registries as one: a projection whose store has a registry of its own, and the rest."""

from collections.abc import Mapping
from contextlib import AbstractContextManager

from projections.readmodel.store import Generation, LiveProjection, OwnedControl, Report


class DividedControl:
    """Implements `store.OwnedControl`; each projection's word is the registry's that it belongs to."""

    def __init__(self, main: OwnedControl, apart: Mapping[str, OwnedControl]) -> None:
        """`apart` by the names of projections; all are closed with this."""
        self._main = main
        self._apart = apart

    @property
    def secret(self) -> bytes:
        return self._main.secret

    def store(self, name: str) -> str:
        return self._of(name).store(name)

    def projection(self, name: str) -> LiveProjection:
        return self._of(name).projection(name)

    def upgrade(self, name: str) -> None:
        self._of(name).upgrade(name)

    def generation(self, name: str, number: int, *, must_be_live: bool) -> Generation:
        return self._of(name).generation(name, number, must_be_live=must_be_live)

    def registered(self, name: str) -> LiveProjection | None:
        return self._of(name).registered(name)

    def look_at(self, name: str) -> Generation | None:
        return self._of(name).look_at(name)

    def start_building(self, name: str, *, afresh: bool = False) -> int:
        return self._of(name).start_building(name, afresh=afresh)

    def flip(self, name: str, live: int, to: int) -> None:
        self._of(name).flip(name, live, to)

    def give_up_previous(self, name: str, before: int) -> None:
        self._of(name).give_up_previous(name, before)

    def drop_old(self, name: str) -> list[int]:
        return self._of(name).drop_old(name)

    def scratch(self, name: str) -> Generation:
        return self._of(name).scratch(name)

    def exclusively(self, name: str) -> AbstractContextManager[bool]:
        # `follow-search`, `replay-search`: who shares the store is who must be kept out.
        return self._of(name.rpartition("-")[2]).exclusively(name)

    def report(self, name: str, *, position: int, head: int, error: str | None) -> None:
        self._of(name).report(name, position=position, head=head, error=error)

    def reported(self, name: str) -> Report | None:
        return self._of(name).reported(name)

    def close(self) -> None:
        for control in (self._main, *self._apart.values()):
            control.close()

    def _of(self, name: str) -> OwnedControl:
        return self._apart.get(name, self._main)
