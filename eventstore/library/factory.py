"""The factory that the library finds in this module and makes recorders with."""

from typing import Any, TypeVar

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    ProcessRecorder,
)
from eventsourcing.utils import Environment, EnvType, resolve_topic, strtobool

from eventstore.library.aggregate import LibraryAggregateRecorder
from eventstore.library.application import LibraryApplicationRecorder
from eventstore.library.open import open_database
from eventstore.library.originators import OriginatorIds
from eventstore.library.process import LibraryProcessRecorder
from eventstore.library.recorder import LibraryRecorder
from eventstore.library.tracking import LibraryTrackingRecorder

Kind = TypeVar("Kind", bound=LibraryRecorder)


class LibraryFactory(InfrastructureFactory[LibraryTrackingRecorder]):
    """Makes recorders of one application; its settings come from the environment that the library hands over.

    Raises EnvironmentError, as the library's own factories do, for settings that are missing or wrong.
    """

    PARLEY_LIBRARY_URL = "PARLEY_LIBRARY_URL"
    ORIGINATOR_ID_TYPE = "ORIGINATOR_ID_TYPE"
    CREATE_TABLE = "CREATE_TABLE"

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        url = self.env.get(self.PARLEY_LIBRARY_URL)
        keys = " or ".join(self.env.create_keys(self.PARLEY_LIBRARY_URL))
        if not url:
            raise OSError(
                f"{keys} is not set: sqlite:////absolute/path or mysql://user:password@host:port/database"
            )
        try:
            self.database = open_database(url)
        except ValueError as error:
            raise OSError(f"{keys} is wrong: {error}") from error
        kind = self.env.get(self.ORIGINATOR_ID_TYPE, OriginatorIds.AS_UUID.value).lower()
        try:
            self.ids = OriginatorIds(kind)
        except ValueError:
            raise OSError(f"{self.ORIGINATOR_ID_TYPE} is {kind!r}; 'uuid' or 'text' is allowed") from None

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        return self._ready(LibraryAggregateRecorder, purpose)

    def application_recorder(self) -> ApplicationRecorder:
        return self._ready(self._class(self.APPLICATION_RECORDER_TOPIC, LibraryApplicationRecorder))

    def tracking_recorder(self, tracking_recorder_class: type[Any] | None = None) -> Any:
        kind = tracking_recorder_class or self._class(self.TRACKING_RECORDER_TOPIC, LibraryTrackingRecorder)
        return self._ready(kind)

    def process_recorder(self) -> ProcessRecorder:
        return self._ready(self._class(self.PROCESS_RECORDER_TOPIC, LibraryProcessRecorder))

    def close(self) -> None:
        self.database.close()

    def _class(self, setting: str, default: type[Kind]) -> type[Kind]:
        topic = self.env.get(setting)
        if not topic:
            return default
        found = resolve_topic(topic)
        if not (isinstance(found, type) and issubclass(found, default)):
            raise OSError(f"{setting} is {topic!r}, which is no subclass of {default.__name__}")
        return found

    def _ready(self, kind: type[Kind], purpose: str = "events") -> Kind:
        recorder = kind(self.database, self.env.name, self.ids, purpose)
        if strtobool(self.env.get(self.CREATE_TABLE) or "yes"):
            recorder.create_table()
        return recorder
