"""Runs the suites that the `eventsourcing` library ships on every engine, with both kinds of originator ids."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar
from unittest import TestCase
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import InfrastructureFactory
from eventsourcing.utils import Environment

from eventstore.library import LibraryFactory
from tests.support.databases import new_database


@contextmanager
def sqlite_file() -> Iterator[str]:
    """The URL of a file that is not there yet."""
    with TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder) / 'library.db'}"


ENGINES: dict[str, Callable[[], AbstractContextManager[str]]] = {
    "sqlite": sqlite_file,
    "mariadb": lambda: new_database("mariadb"),
    "mysql": lambda: new_database("mysql"),
}
ID_TYPES = ("uuid", "text")


class OnDatabase(TestCase):
    """Comes before the library's suite in the bases: each test has a new database."""

    engine: ClassVar[str]
    id_type: ClassVar[str]

    def setUp(self) -> None:
        settings = {
            "PERSISTENCE_MODULE": "eventstore.library",
            "PARLEY_LIBRARY_URL": self.enterContext(ENGINES[self.engine]()),
            "ORIGINATOR_ID_TYPE": self.id_type,
        }
        self.env = Environment(env=settings)
        # Some of the suites make applications that read the environment of the process.
        self.enterContext(patch.dict(os.environ, settings))
        super().setUp()

    def new_originator_id(self) -> UUID | str:
        """Of the kind that the class is for."""
        return uuid4() if self.id_type == "uuid" else f"späte/日本/🍣/{uuid4()}"

    def new_factory(self, name: str = "") -> LibraryFactory:
        """A factory on the test's database, closed at its end."""
        factory = InfrastructureFactory.construct(Environment(name, self.env))
        assert isinstance(factory, LibraryFactory)
        self.addCleanup(factory.close)
        return factory


def on_every_engine(suite: type[OnDatabase]) -> type[OnDatabase]:
    """Puts a class for each engine and kind of ids beside the suite; the suite itself is not run."""
    module = sys.modules[suite.__module__]
    for engine, id_type in product(ENGINES, ID_TYPES):
        name = f"Test{suite.__name__}_{engine}_{id_type}"
        attributes = {"engine": engine, "id_type": id_type, "__test__": True, "__module__": suite.__module__}
        case = type(name, (suite,), attributes)
        setattr(module, name, pytest.mark.long(case) if engine == "mysql" else case)
    suite.__test__ = False  # type: ignore[attr-defined] - pytest's word
    return suite
