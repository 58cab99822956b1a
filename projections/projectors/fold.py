"""What a projector is."""

from collections.abc import Callable, Sequence

from eventstore.events import Fact
from projections.readmodel.changes import Change

Positioned = tuple[int, Fact]
"""A fact and its position in the log."""

Fold = Callable[[Sequence[Positioned]], list[Change]]
"""Facts in log order become the changes of one read model; pure, and the same wherever the log is cut."""
