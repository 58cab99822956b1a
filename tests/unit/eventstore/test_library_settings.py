"""What the factory of the library's port asks of its environment, and how it says so."""

import pytest
from eventsourcing.persistence import InfrastructureFactory
from eventsourcing.utils import Environment

from eventstore.library import LibraryFactory
from eventstore.library.tracking import LibraryTrackingRecorder

URL = "PARLEY_LIBRARY_URL"


class View(LibraryTrackingRecorder):
    """Somebody's view."""


def factory(name: str = "", **settings: str) -> InfrastructureFactory[LibraryTrackingRecorder]:
    environment = Environment(name, {"PERSISTENCE_MODULE": "eventstore.library", **settings})
    return InfrastructureFactory.construct(environment)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {},
            "ORDERS_PARLEY_LIBRARY_URL or PARLEY_LIBRARY_URL is not set: sqlite:////absolute/path or mysql://",
        ),
        ({URL: ""}, "is not set"),
        ({URL: "orders.db"}, "is wrong: it must be sqlite:////absolute/path or mysql://"),
        ({URL: "sqlite:///"}, "is wrong"),
        ({URL: "postgres://me:secret@host/orders"}, "is wrong"),
        ({URL: "mysql://me:secret@host:port/orders"}, "is wrong"),
        ({URL: "mysql://me:secret@host"}, "is wrong: a host, a user and a database are needed"),
        ({URL: "mysql://me:secret@host/orders?ssl-mode=perhaps"}, "is wrong: ssl-mode"),
        ({URL: "sqlite:////x.db", "ORIGINATOR_ID_TYPE": "int"}, "ORIGINATOR_ID_TYPE is 'int'"),
    ],
)
def test_what_is_missing_or_wrong_is_named(settings: dict[str, str], message: str) -> None:
    with pytest.raises(EnvironmentError, match=message) as raised:
        factory("Orders", **settings)
    assert "secret" not in str(raised.value)


def test_the_library_finds_one_factory() -> None:
    assert type(factory(**{URL: "mysql://me@host/orders"})) is LibraryFactory


def test_an_applications_own_setting_comes_first(tmp_path: object) -> None:
    made = factory("Orders", **{URL: "nonsense", f"ORDERS_{URL}": f"sqlite:///{tmp_path}/orders.db"})
    assert made.application_recorder().max_notification_id() is None
    made.close()


@pytest.mark.parametrize("kind", ["APPLICATION", "PROCESS"])
def test_a_topic_must_be_that_of_a_fitting_recorder(tmp_path: object, kind: str) -> None:
    topic = {f"{kind}_RECORDER_TOPIC": f"{__name__}:View"}
    made = factory(**{URL: f"sqlite:///{tmp_path}/orders.db", **topic})
    with pytest.raises(EnvironmentError, match=f"{kind}_RECORDER_TOPIC"):
        getattr(made, f"{kind.lower()}_recorder")()


def test_a_view_by_its_topic(tmp_path: object) -> None:
    made = factory(**{URL: f"sqlite:///{tmp_path}/orders.db", "TRACKING_RECORDER_TOPIC": f"{__name__}:View"})
    assert type(made.tracking_recorder()) is View
    made.close()


def test_tables_are_left_alone_where_told_so(tmp_path: object) -> None:
    made = factory(**{URL: f"sqlite:///{tmp_path}/orders.db", "CREATE_TABLE": "no"})
    with pytest.raises(Exception, match="no such table"):
        made.application_recorder().max_notification_id()
    made.close()
