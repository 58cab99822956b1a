"""A cluster of a test's own on the shared servers."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.places import delete_queues
from tests.cluster.shape import USUAL, Shape
from tests.services.errors import ServiceError
from tests.services.installation import require
from tests.services.nginx import Nginx
from tests.support.databases import new_database
from tests.support.search_engines import new_prefix
from tests.support.shared_server import shared_server


@contextmanager
def running_cluster(
    folder: Path,
    shape: Shape = USUAL,
    *,
    database: str = "mariadb",
    engine: str = "opensearch",
    **settings: str,
) -> Iterator[Cluster]:
    """All processes ready, on a new database and a new prefix of indices; killed at the end, logs stay in `folder`.

    `settings` come on top, for all processes. Skips where what it needs can't be had.
    """
    need_nginx()
    broker, redis = shared_server("rabbitmq").url(), shared_server("redis").url()
    with new_database(database) as log_url, new_prefix(engine) as search_url:
        places = {
            "PARLEY_LOG_URL": log_url,
            "PARLEY_READ_URL": log_url,
            "PARLEY_SEARCH_URL": search_url,
            "PARLEY_BUS_URL": broker,
            "PARLEY_REDIS_URL": redis,
        }
        cluster = Cluster(folder, {**places, **settings}, shape)
        try:
            yield cluster.start()
        finally:
            cluster.kill()
            delete_queues(cluster.settings)


def need_nginx() -> None:
    """Skip where there is none; only CI installs it for that."""
    try:
        if os.environ.get("CI") == "true":
            Nginx.install()
        require("nginx", Nginx.programs["nginx"])
    except ServiceError as error:
        pytest.skip(str(error))
