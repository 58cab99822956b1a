"""The files of generations, and of the checkpoints of those that are kept elsewhere, in a data folder."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from projections.readmodel.elsewhere import Checkpoints
from projections.readmodel.file_locks import patiently
from projections.readmodel.sqlite_checkpoints import SQLiteCheckpoints
from projections.readmodel.sqlite_files import files_translated, make, remove
from projections.readmodel.sqlite_generation import NO_CHECKPOINT, SQLiteGeneration, make_generation
from projections.readmodel.store import Generation
from projections.readmodel.stores import SCRATCH

IsLive = Callable[[int], bool]


class InFiles:
    """Implements `stores.Store`: a file for each generation."""

    def __init__(self, folder: Path, name: str, kind: type[SQLiteGeneration], is_live: IsLive) -> None:
        self._folder = folder
        self._name = name
        self._kind = kind
        self._is_live = is_live

    def there(self, number: int) -> bool:
        return self._path(number).exists()

    def make(self, number: int, *, bulk: bool = False) -> None:  # noqa: ARG002 - nothing is left out
        make_generation(self._path(number), self._name)

    def upgrade(self, number: int) -> None:
        make_generation(self._path(number), self._name)

    def numbers(self) -> list[int]:
        return _numbers(self._folder, rf"{self._name}_g(\d+)\.db")

    def first_free(self) -> int:
        return 1 + max(self.numbers(), default=0)

    def remove(self, number: int) -> None:
        remove(self._path(number))

    def open(self, number: int, *, must_be_live: bool, afterwards: ExitStack | None = None) -> Generation:
        generation = self._kind(
            self._path(number), number, (lambda: self._is_live(number)) if must_be_live else None
        )
        if afterwards is not None:
            generation.closes(afterwards)
        return generation

    def close(self) -> None:
        """Nothing is open."""

    def _path(self, number: int) -> Path:
        return generation_path(self._folder, self._name, number)


class CheckpointFiles:
    """Implements `stores.Keeper`: a file for each checkpoint."""

    def __init__(self, folder: Path, name: str, is_live: IsLive) -> None:
        self._folder = folder
        self._name = name
        self._is_live = is_live

    def kept(self, number: int) -> bool:
        return self._path(number).exists()

    def make(self, number: int) -> None:
        make(self._path(number), "sqlite_checkpoint", NO_CHECKPOINT)

    def numbers(self) -> list[int]:
        return _numbers(self._folder, rf"{self._name}_g(\d+)_checkpoint\.db")

    def remove(self, number: int) -> None:
        remove(self._path(number))

    def open(self, number: int, *, must_be_live: bool, afterwards: ExitStack | None = None) -> Checkpoints:
        return SQLiteCheckpoints(
            self._path(number), (lambda: self._is_live(number)) if must_be_live else None, afterwards
        )

    def alone(self) -> AbstractContextManager[None]:
        return patiently(self._folder / f"{self._name}_make.lock")

    def _path(self, number: int) -> Path:
        return checkpoint_path(self._folder, self._name, number)


def generation_path(folder: Path, name: str, number: int) -> Path:
    """A generation's file."""
    return folder / f"{name}_{_suffix(number)}.db"


def checkpoint_path(folder: Path, name: str, number: int) -> Path:
    """The file for the checkpoint of a generation that is elsewhere."""
    return folder / f"{name}_{_suffix(number)}_checkpoint.db"


def _suffix(number: int) -> str:
    return "scratch" if number == SCRATCH else f"g{number}"


def _numbers(folder: Path, pattern: str) -> list[int]:
    with files_translated():
        return [int(match[1]) for path in folder.iterdir() if (match := re.fullmatch(pattern, path.name))]
