"""Several processes that find no file yet make one, and none of them fails."""

import multiprocessing
import multiprocessing.synchronize
from pathlib import Path

from eventstore.open import migrate_log, open_log
from projections.readmodel.open import open_control

ROUNDS = 25
PROCESSES = 4


def _make(folder: str, barrier: "multiprocessing.synchronize.Barrier") -> None:
    for turn in range(ROUNDS):
        barrier.wait(30)
        migrate_log(f"sqlite:///{folder}/{turn}/log.db")
        control = open_control(f"sqlite:///{folder}/{turn}")
        control.projection("tables")
        control.close()


def test_one_file_is_made(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(PROCESSES)
    processes = [context.Process(target=_make, args=(str(tmp_path), barrier)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    assert len({open_log(f"sqlite:///{tmp_path}/{turn}/log.db").log_id for turn in range(ROUNDS)}) == ROUNDS
