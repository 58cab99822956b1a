"""A read model against the log: folded once more, and compared row by row."""

from collections.abc import Iterator
from contextlib import closing

from eventstore.errors import LogError
from projections.bulk import Bulk, OnProgress
from projections.projectors import PROJECTIONS
from projections.readmodel.errors import Misfit
from projections.readmodel.store import Control, Generation
from projections.tail import Tail
from projections.verification.findings import Finding, brief

BATCH = 5000
_PATIENCE = 1.0

Rows = Iterator[tuple[str, bytes]]


def verify_projection(control: Control, tail: Tail, name: str, on_progress: OnProgress) -> Iterator[Finding]:
    """Rows of the live generation that the log does not come to, while it may be followed further.

    Raises ReadModelUnavailable.
    """
    live = control.projection(name).live
    with (
        closing(control.generation(name, live, must_be_live=False)) as generation,
        closing(control.scratch(name)) as scratch,
    ):
        for wrong in generation.check():
            yield Finding(name, wrong)
        if not tail.continues(generation.checkpoint()):
            yield _rewound(name)
            return
        # What the live generation has followed was there: a hole in it is no commit that shows late.
        bulk = Bulk(tail, PROJECTIONS[name], BATCH, on_progress, patience=_PATIENCE)
        try:
            yield from _compare_with_log(generation, scratch, bulk, name)
        except (LogError, Misfit) as error:
            yield Finding(name, f"can't be folded again: {error}")


def verify_counters(control: Control, tail: Tail, name: str) -> Iterator[Finding]:
    """Counters of the live generation that counting does not come to, and a checkpoint of another log."""
    live = control.projection(name).live
    with closing(control.generation(name, live, must_be_live=False)) as generation:
        if not tail.continues(generation.checkpoint()):
            yield _rewound(name)
        for drift in generation.recount(repair=False):
            yield Finding(f"{name} {drift.thing}", f"is {drift.kept}, counted were {drift.counted}")


def _rewound(name: str) -> Finding:
    return Finding(name, f"follows a log that was rewound since; run `parley replay {name}`")


def _compare_with_log(
    generation: Generation, scratch: Generation, bulk: Bulk, name: str
) -> Iterator[Finding]:
    # Most of the work before the snapshot is taken: while one is open, the store can't reuse its space.
    bulk.bring(scratch, generation.checkpoint().position)
    scratch.finish()
    with generation.rows() as (seen, kept):
        bulk.bring(scratch, seen.position)
        with scratch.rows() as (reached, folded):
            if reached != seen:
                yield Finding(name, f"is at {seen}, where the log has {reached}")
            for key, there, wanted in differences(kept, folded):
                yield Finding(f"{name} {key}", f"is {brief(there)}, the log comes to {brief(wanted)}")


def differences(kept: Rows, folded: Rows) -> Iterator[tuple[str, bytes | None, bytes | None]]:
    """(key, kept, folded) of each key whose contents differ; both sides are in the order of their keys."""
    left, right = next(kept, None), next(folded, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left[0] < right[0]):
            assert left is not None
            yield left[0], left[1], None
            left = next(kept, None)
        elif left is None or right[0] < left[0]:
            yield right[0], None, right[1]
            right = next(folded, None)
        else:
            if left[1] != right[1]:
                yield left[0], left[1], right[1]
            left, right = next(kept, None), next(folded, None)
