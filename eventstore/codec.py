"""Facts to stored bytes and back; old versions are brought up to date here and nowhere else."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from eventstore.errors import UndecodableFact
from eventstore.events import FACTS, Fact

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
"""Takes the stored fields of one schema version, gives those of the next."""


class Codec:
    """Stores a fact as JSON under the topic `Name.version`.

    `versions` names the current schema version of each fact that is not at 1; `upcasters` lead from
    (name, version) to the next version, without a gap up to the current one.
    """

    def __init__(
        self,
        facts: tuple[type[Fact], ...] = FACTS,
        versions: Mapping[str, int] | None = None,
        upcasters: Mapping[tuple[str, int], Upcaster] | None = None,
    ) -> None:
        current = {fact: (versions or {}).get(fact.__name__, 1) for fact in facts}
        self._topics = {fact: f"{fact.__name__}.{version}" for fact, version in current.items()}
        self._upcasters = dict(upcasters or {})
        self._types = {fact.__name__: (fact, version) for fact, version in current.items()}
        self._decoders = {topic: msgspec.json.Decoder(fact).decode for fact, topic in self._topics.items()}
        self._encode = msgspec.json.Encoder().encode

    def encode(self, fact: Fact) -> tuple[str, bytes]:
        """(topic, state) of a fact."""
        return self._topics[type(fact)], self._encode(fact)

    def decode(self, topic: str, state: bytes) -> Fact:
        """The fact, in its current shape. Raises UndecodableFact: a fact is never skipped or guessed."""
        decode = self._decoders.get(topic)
        try:
            if decode is None:
                return self._upcast(topic, state)
            return decode(state)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UndecodableFact(f"{topic}: {error}") from error

    def topics(self, fact: type[Fact]) -> tuple[str, ...]:
        """All topics under which a fact of that kind may be stored, the oldest first."""
        name, current = fact.__name__, self._types[fact.__name__][1]
        return tuple(f"{name}.{version}" for version in range(1, current + 1))

    def _upcast(self, topic: str, state: bytes) -> Fact:
        name, _, stored = topic.rpartition(".")
        if name not in self._types or not stored.isdecimal():
            raise UndecodableFact(f"{topic}: no such fact is known here; a newer program wrote it")
        fact, current = self._types[name]
        fields: dict[str, Any] = msgspec.json.decode(state, type=dict)
        for version in range(int(stored), current):
            upcaster = self._upcasters.get((name, version))
            if upcaster is None:
                raise UndecodableFact(f"{topic}: no upcaster leads from version {version} to {version + 1}")
            fields = upcaster(fields)
        if int(stored) > current:
            raise UndecodableFact(f"{topic}: this program knows {name} up to version {current}; upgrade it")
        return msgspec.convert(fields, fact)
