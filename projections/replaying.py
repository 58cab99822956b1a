"""Who may replay a projection, or roll it back: one process at a time."""

from contextlib import AbstractContextManager

from projections.readmodel.store import Control


def alone(control: Control, name: str) -> AbstractContextManager[bool]:
    """Whether it is this one, until the end; False at once if it is another. Raises ReadModelUnavailable."""
    return control.exclusively(f"replay-{name}")
