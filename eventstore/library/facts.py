"""Parley's facts for the library: a read-only application whose notifications decode to them."""

from typing import Any, NoReturn

from eventsourcing.application import Application
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    JSONTranscoder,
    Mapper,
    MapperDeserialisationError,
    NotSupportedError,
    ProcessRecorder,
    StoredEvent,
    TrackingRecorder,
)
from eventsourcing.utils import Environment, EnvType

from engines.server_url import parse_mysql
from eventstore.codec import Codec
from eventstore.errors import LogError, UndecodableFact
from eventstore.events import Fact
from eventstore.library.parley_log import ParleyLogRecorder
from eventstore.open import open_log


class FactMapper(Mapper[str]):
    """Decodes by Parley's codec: what comes out are `eventstore.events`, in their current shape."""

    def __init__(self, codec: Codec | None = None) -> None:
        super().__init__(JSONTranscoder())
        self._codec = codec or Codec()

    def to_stored_event(self, domain_event: object) -> NoReturn:  # noqa: ARG002 - the library's signature
        raise NotSupportedError("facts are stored by Parley's commands alone")

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """The Fact. Raises MapperDeserialisationError for one that this program can't read."""
        try:
            return self._codec.decode(stored_event.topic, stored_event.state)
        except UndecodableFact as error:
            raise MapperDeserialisationError(
                f"{stored_event.originator_id} {stored_event.originator_version}: {error}"
            ) from error


class ParleyLogFactory(InfrastructureFactory[TrackingRecorder]):
    """Makes the recorder and the mapper of Parley's log, which PARLEY_LOG_URL names, and nothing else."""

    PARLEY_LOG_URL = "PARLEY_LOG_URL"

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        url = self.env.get(self.PARLEY_LOG_URL)
        if not url:
            raise OSError(
                f"{self.PARLEY_LOG_URL} is not set: where Parley's log is, sqlite:////absolute/path or"
                " mysql://user:password@host:port/database"
            )
        try:
            _check(url)
            self._recorder = ParleyLogRecorder(open_log(url))
        except (ValueError, LogError) as error:
            raise OSError(f"{self.PARLEY_LOG_URL} names no log: {error}") from error

    def mapper(self, transcoder: object = None, mapper_class: object = None) -> Mapper[Any]:  # noqa: ARG002
        return FactMapper()

    def application_recorder(self) -> ApplicationRecorder:
        return self._recorder

    def is_snapshotting_enabled(self) -> bool:
        """Whatever the environment says to other applications."""
        return False

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        raise NotSupportedError(f"Parley's log has no {purpose} to write")

    def tracking_recorder(self, tracking_recorder_class: object = None) -> NoReturn:  # noqa: ARG002
        raise NotSupportedError("what follows Parley's log keeps its tracking in a database of its own")

    def process_recorder(self) -> ProcessRecorder:
        raise NotSupportedError("what follows Parley's log keeps its events in a database of its own")

    def close(self) -> None:
        self._recorder.close()


class ParleyFacts(Application[str]):
    """Parley's log for the library's subscriptions, projections and notification logs.

    Its events are facts, its originator ids names of streams; `env` or the environment has PARLEY_LOG_URL.
    """

    name = "ParleyFacts"

    def construct_factory(self, env: Environment) -> ParleyLogFactory:
        return ParleyLogFactory(env)


def topics(*facts: type[Fact]) -> tuple[str, ...]:
    """The topics of these kinds of facts, of all their versions: for a subscription or a projection."""
    return tuple(topic for fact in facts for topic in Codec().topics(fact))


def _check(url: str) -> None:
    if url.startswith("mysql://"):
        parse_mysql(url)
    elif not url.startswith("sqlite:///"):
        raise ValueError("sqlite:////absolute/path or mysql://user:password@host:port/database is allowed")
