"""Python's collector of cycles, for processes that fold."""

import gc

OBJECTS = 100_000
"""More than a batch is made of."""


def collect_seldom() -> None:
    """Let it look when more is new than one batch, and never again at what is there now.

    A batch is tens of thousands of objects that are all gone at its end, none of them in a cycle: to look through
    them took a tenth of a replay's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS)
