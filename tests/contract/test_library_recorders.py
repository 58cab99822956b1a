"""The suites that the library ships for recorders and their factory."""

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    ProcessRecorder,
    TrackingRecorder,
)
from eventsourcing.tests import persistence as suites

from eventstore.library import LibraryFactory
from eventstore.library.aggregate import LibraryAggregateRecorder
from eventstore.library.application import LibraryApplicationRecorder
from eventstore.library.process import LibraryProcessRecorder
from eventstore.library.tracking import LibraryTrackingRecorder
from tests.support.library_suites import OnDatabase, on_every_engine


@on_every_engine
class Aggregates(OnDatabase, suites.AggregateRecorderTestCase):
    def create_recorder(self) -> AggregateRecorder:
        return self.new_factory().aggregate_recorder()


@on_every_engine
class Snapshots(OnDatabase, suites.AggregateRecorderTestCase):
    def create_recorder(self) -> AggregateRecorder:
        return self.new_factory("Orders").aggregate_recorder("snapshots")


@on_every_engine
class Applications(OnDatabase, suites.ApplicationRecorderTestCase[ApplicationRecorder]):
    def create_recorder(self) -> ApplicationRecorder:
        return self.new_factory().application_recorder()

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


@on_every_engine
class ProcessesAsApplications(OnDatabase, suites.ApplicationRecorderTestCase[ProcessRecorder]):
    def create_recorder(self) -> ProcessRecorder:
        return self.new_factory("Orders").process_recorder()

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


@on_every_engine
class NonInterleaving(OnDatabase, suites.NonInterleavingNotificationIDsBaseCase):
    def create_recorder(self) -> ApplicationRecorder:
        return self.new_factory().application_recorder()


@on_every_engine
class Tracking(OnDatabase, suites.TrackingRecorderTestCase):
    def create_recorder(self) -> TrackingRecorder:
        return self.new_factory().tracking_recorder()


@on_every_engine
class ProcessesAsTracking(OnDatabase, suites.TrackingRecorderTestCase):
    def create_recorder(self) -> TrackingRecorder:
        return self.new_factory().process_recorder()


@on_every_engine
class Processes(OnDatabase, suites.ProcessRecorderTestCase):
    def create_recorder(self) -> ProcessRecorder:
        return self.new_factory().process_recorder()


class View(LibraryTrackingRecorder):
    """Stands for a view of somebody's projection."""


@on_every_engine
class Factory(OnDatabase, suites.InfrastructureFactoryTestCase[LibraryFactory]):
    def expected_factory_class(self) -> type[LibraryFactory]:
        return LibraryFactory

    def expected_aggregate_recorder_class(self) -> type[AggregateRecorder]:
        return LibraryAggregateRecorder

    def expected_application_recorder_class(self) -> type[ApplicationRecorder]:
        return LibraryApplicationRecorder

    def expected_tracking_recorder_class(self) -> type[TrackingRecorder]:
        return LibraryTrackingRecorder

    def tracking_recorder_subclass(self) -> type[TrackingRecorder]:
        return View

    def expected_process_recorder_class(self) -> type[ProcessRecorder]:
        return LibraryProcessRecorder
