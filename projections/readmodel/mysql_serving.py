"""What readers of a projection that is kept elsewhere are served, by the registry in a MySQL database."""

from engines.mysql_text import quoted
from projections.readmodel.elsewhere import Served
from projections.readmodel.errors import ReadModelUnavailable
from projections.readmodel.mysql_session import MySQLSession
from projections.readmodel.reads import MOST_SECONDS


class MySQLServing:
    """Implements `elsewhere.Serving`."""

    def __init__(self, url: str, name: str) -> None:
        self._name = name
        self._session = MySQLSession(url, read_seconds=MOST_SECONDS)

    def served(self) -> Served:
        found = self._session.rows(
            "SELECT p.live, g.searchable FROM projections p JOIN generations g ON g.name = p.name"
            f" AND g.number = p.live WHERE p.name = {quoted(self._name)}",
            repeatable=True,
        )
        if not found:
            raise ReadModelUnavailable(f"there are no {self._name} yet")
        return Served(*found[0])

    def close(self) -> None:
        self._session.close()
