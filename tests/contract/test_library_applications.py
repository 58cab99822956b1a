"""The suites that the library ships for applications and projections, and that none of all is left out."""

import importlib
from unittest import TestCase

import pytest
from eventsourcing.persistence import Tracking
from eventsourcing.tests import application, projection

from eventstore.library.session import Session
from eventstore.library.tracking import LibraryTrackingRecorder
from tests.contract import test_library_recorders
from tests.support.library_suites import OnDatabase, on_every_engine

# Suites of the library that are not for a store such as ours.
OTHERS = {
    "TranscoderTestCase": "for transcoders that keep subclasses of str, int, list and dict apart",
    "TaggedDecisionCountersProjectionTestCase": "for stores of dynamic consistency boundaries",
}


@on_every_engine
class Example(OnDatabase, application.ExampleApplicationTestCase):
    expected_factory_topic = "eventstore.library.factory:LibraryFactory"


# The suite asks for this warning, which is an error for our own tests.
@on_every_engine
@pytest.mark.filterwarnings("always:'log' is deprecated:DeprecationWarning")
class Applications(OnDatabase, application.ApplicationTestCase):
    pass


class EventCounters(LibraryTrackingRecorder, projection.EventCountersView):
    """A view as its author would write it."""

    def create_statements(self) -> list[str]:
        key, integer = self.database.types["key"], self.database.types["integer"]
        return [
            *super().create_statements(),
            f"CREATE TABLE IF NOT EXISTS counters (name {key} NOT NULL PRIMARY KEY, number {integer} NOT NULL)",
        ]

    def get_created_event_counter(self) -> int:
        return self._number(b"created")

    def get_subsequent_event_counter(self) -> int:
        return self._number(b"subsequent")

    def incr_created_event_counter(self, tracking: Tracking) -> None:
        self._count(b"created", tracking)

    def incr_subsequent_event_counter(self, tracking: Tracking) -> None:
        self._count(b"subsequent", tracking)

    def _number(self, name: bytes) -> int:
        return sum(n for (n,) in self.database.read("SELECT number FROM counters WHERE name = ?", (name,)))

    def _count(self, name: bytes, tracking: Tracking) -> None:
        with self.transaction() as session:
            self._increment(session, name)
            # Last, so that a repeated one has something to roll back.
            self._insert_tracking(session, tracking)

    def _increment(self, session: Session, name: bytes) -> None:
        if not session.execute("UPDATE counters SET number = number + 1 WHERE name = ?", (name,)):
            session.insert("counters", ("name", "number"), [(name, 1)])


@on_every_engine
class View(OnDatabase, projection.EventCountersViewTestCase):
    def construct_event_counters_view(self) -> projection.EventCountersView:
        view: EventCounters = self.new_factory("eventcounters").tracking_recorder(EventCounters)
        return view


@on_every_engine
class Projections(OnDatabase, projection.AggregateEventCountersProjectionTestCase):
    view_class = EventCounters


@on_every_engine
class EventSourcedProjections(OnDatabase, projection.EventSourcedProjectionTestCase):
    pass


def test_every_suite_that_the_library_ships_is_run() -> None:
    shipped = {
        name
        for module in ("persistence", "application", "projection")
        for name, case in vars(importlib.import_module(f"eventsourcing.tests.{module}")).items()
        if isinstance(case, type) and issubclass(case, TestCase) and case is not TestCase
    }
    run = {
        base.__name__
        for module in (test_library_recorders, importlib.import_module(__name__))
        for case in vars(module).values()
        if isinstance(case, type) and issubclass(case, OnDatabase)
        for base in case.__mro__
    }
    assert shipped - run == OTHERS.keys()
