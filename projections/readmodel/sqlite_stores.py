"""Where the generations of one projection are, for the registry in a data folder: in files there, or elsewhere."""

import re
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Protocol

from projections.readmodel.elsewhere import Elsewhere
from projections.readmodel.errors import Misfit
from projections.readmodel.file_locks import patiently
from projections.readmodel.sqlite_checkpoints import SQLiteCheckpoints
from projections.readmodel.sqlite_files import files_translated, make, remove
from projections.readmodel.sqlite_generation import NO_CHECKPOINT, SQLiteGeneration, make_generation
from projections.readmodel.store import Checkpoint, Generation

SCRATCH = 0

IsLive = Callable[[], bool]


class SQLiteStore(Protocol):
    """Generations by number; SCRATCH is the one outside the registry. May raise ReadModelUnavailable."""

    def there(self, number: int) -> bool:
        """Whether that generation is there, whole."""

    def make(self, number: int) -> None:
        """An empty generation, if it is not there."""

    def numbers(self) -> list[int]:
        """The generations that are there and this registry's, without SCRATCH."""

    def first_free(self) -> int:
        """A number beyond all that are there, whoever made them."""

    def remove(self, number: int) -> None:
        """Remove a generation, if it is there."""

    def open(self, number: int, is_live: IsLive | None, afterwards: ExitStack | None = None) -> Generation:
        """Open one that is there; its `close` closes `afterwards`, too."""

    def close(self) -> None:
        """Give back what is open."""


class InFiles:
    """Implements `SQLiteStore`: a file for each generation."""

    def __init__(self, folder: Path, name: str, kind: type[SQLiteGeneration]) -> None:
        self._folder = folder
        self._name = name
        self._kind = kind

    def there(self, number: int) -> bool:
        return self._path(number).exists()

    def make(self, number: int) -> None:
        make_generation(self._path(number), f"sqlite_{self._name}")

    def numbers(self) -> list[int]:
        return _numbers(self._folder, rf"{self._name}_g(\d+)\.db")

    def first_free(self) -> int:
        return 1 + max(self.numbers(), default=0)

    def remove(self, number: int) -> None:
        remove(self._path(number))

    def open(self, number: int, is_live: IsLive | None, afterwards: ExitStack | None = None) -> Generation:
        generation = self._kind(self._path(number), number, is_live)
        if afterwards is not None:
            generation.closes(afterwards)
        return generation

    def close(self) -> None:
        """Nothing is open."""

    def _path(self, number: int) -> Path:
        return generation_path(self._folder, self._name, number)


class KeptElsewhere:
    """Implements `SQLiteStore`: the checkpoint of each generation is in a file here, the rest elsewhere."""

    def __init__(self, folder: Path, name: str, elsewhere: Elsewhere) -> None:
        self._folder = folder
        self._name = name
        self._elsewhere = elsewhere

    def there(self, number: int) -> bool:
        return self._path(number).exists() and self._elsewhere.there(number)

    def make(self, number: int) -> None:
        if self.there(number):
            return
        path = self._path(number)
        with patiently(self._folder / f"{self._name}_make.lock"):
            is_there = self._elsewhere.there(number)
            if not path.exists():
                if is_there:
                    raise Misfit(
                        f"generation {number} of {self._name} is there, but not made from {self._folder}:"
                        " two registries must not share a store"
                    )
                make(path, "sqlite_checkpoint", NO_CHECKPOINT)
            elif not is_there:
                self._begin_again(path)
            self._elsewhere.make(number)

    def numbers(self) -> list[int]:
        return _numbers(self._folder, rf"{self._name}_g(\d+)_checkpoint\.db")

    def first_free(self) -> int:
        return 1 + max([*self.numbers(), *self._elsewhere.numbers()], default=0)

    def remove(self, number: int) -> None:
        # The checkpoint last: without it nobody would know that the rest is to be removed.
        self._elsewhere.remove(number)
        remove(self._path(number))

    def open(self, number: int, is_live: IsLive | None, afterwards: ExitStack | None = None) -> Generation:
        checkpoints = SQLiteCheckpoints(self._path(number), is_live, afterwards)
        try:
            return self._elsewhere.generation(number, checkpoints, must_be_live=is_live is not None)
        except BaseException:
            checkpoints.close()
            raise

    def close(self) -> None:
        self._elsewhere.close()

    def _begin_again(self, path: Path) -> None:
        """What the checkpoint stands for is lost; a follower that still writes is fenced by this."""
        with closing(SQLiteCheckpoints(path)) as checkpoints:
            checkpoints.move(checkpoints.get(), Checkpoint())

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
