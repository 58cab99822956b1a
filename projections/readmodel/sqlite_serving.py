"""What readers of a projection that is kept elsewhere are served, by the registry in a data folder."""

from pathlib import Path

from projections.readmodel.elsewhere import Served
from projections.readmodel.sqlite_snapshots import SQLiteSnapshots
from projections.readmodel.sqlite_stores import checkpoint_path


class SQLiteServing:
    """Implements `elsewhere.Serving`."""

    def __init__(self, folder: Path, name: str) -> None:
        self._snapshots = SQLiteSnapshots(folder, name, checkpoint_path, "searchable")

    def served(self) -> Served:
        with self._snapshots.snapshot() as (_, position):
            return Served(self._snapshots.generation, position)

    def close(self) -> None:
        self._snapshots.close()
