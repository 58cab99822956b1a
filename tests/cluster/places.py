"""Where all of a cluster's is kept: on the servers of `bin/services`, or where the environment says."""

import os
import secrets
from collections.abc import Mapping
from contextlib import closing, suppress

from projections.projectors import PROJECTIONS
from projections.readmodel.errors import ReadModelError
from projections.readmodel.open import open_control
from tests.services.database import Database
from tests.services.errors import ServiceError
from tests.services.running import running
from tests.services.up import up
from tests.support.broker import delete_queue
from tests.support.search_engines import remove_indices

DATABASE = "parley_cluster_"
PREFIX = "cluster_"


def places() -> dict[str, str]:
    """The five settings, each the environment's or of a server that is started if need be. Raises ServiceError.

    What is made on a server is new: a database, and a prefix for indices.
    """
    name = secrets.token_hex(4)
    settings = {
        "PARLEY_LOG_URL": lambda: _database().create_database(f"{DATABASE}{name}"),
        "PARLEY_SEARCH_URL": lambda: f"{up('opensearch')[0].url()}/{PREFIX}{name}",
        "PARLEY_BUS_URL": lambda: up("rabbitmq")[0].url(),
        "PARLEY_REDIS_URL": lambda: up("redis")[0].url(),
    }
    found = {variable: os.environ.get(variable) or make() for variable, make in settings.items()}
    # The log's database holds the read tables, too.
    return {
        **found,
        "PARLEY_READ_URL": os.environ.get("PARLEY_READ_URL") or found["PARLEY_LOG_URL"],
        **_others(),
    }


def _others() -> Mapping[str, str]:
    """Settings that have nothing to do with places."""
    names = ("PARLEY_ADMIN_KEY", "PARLEY_OPEN", "PARLEY_WORKERS")
    return {name: os.environ[name] for name in names if name in os.environ}


def delete_queues(settings: Mapping[str, str]) -> None:
    """Remove those of the followers, which would outlive a cluster by a week."""
    with closing(open_control(settings["PARLEY_READ_URL"], settings["PARLEY_SEARCH_URL"])) as control:
        for name in PROJECTIONS:
            delete_queue(settings["PARLEY_BUS_URL"], f"{name}.{control.store(name)}")


def drop(settings: Mapping[str, str]) -> None:
    """Remove what a cluster has made on servers that run; databases and prefixes that the environment named stay."""
    # They go by themselves where one of the servers can't be reached any more.
    with suppress(ReadModelError, OSError):
        delete_queues(settings)
    database = running("mariadb")
    name = settings["PARLEY_LOG_URL"].rpartition("/")[2]
    if (
        isinstance(database, Database)
        and settings["PARLEY_LOG_URL"] == database.url(name)
        and name.startswith(DATABASE)
    ):
        database.drop_database(name)
    engine = running("opensearch")
    url, _, prefix = settings["PARLEY_SEARCH_URL"].rpartition("/")
    if engine is not None and url == engine.url() and prefix.startswith(PREFIX):
        remove_indices(url, prefix)


def _database() -> Database:
    server, _ = up("mariadb")
    if not isinstance(server, Database):
        raise ServiceError("mariadb is no database")
    return server
