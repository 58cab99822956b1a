"""One generation of the search index on a search engine: writing it."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial

from opensearchpy import OpenSearch

from projections.readmodel.changes import Change
from projections.readmodel.elsewhere import Checkpoints
from projections.readmodel.errors import Fenced, Misfit, ReadModelUnavailable
from projections.readmodel.opensearch_bulk import Sender
from projections.readmodel.opensearch_client import translated
from projections.readmodel.opensearch_documents import Document, checkpoint_of, documents, mark, mark_address
from projections.readmodel.opensearch_found import complete
from projections.readmodel.opensearch_index import write_alias
from projections.readmodel.opensearch_parked import parked_messages
from projections.readmodel.opensearch_purge import purge
from projections.readmodel.opensearch_rows import Rows, Torn, snapshot
from projections.readmodel.store import Checkpoint, Drift, Pause, go_on

logger = logging.getLogger(__name__)

CATCHING_UP = 1000
"""A batch of so many changes is shown at once: more are waiting, and a large segment is what the engine likes."""
_PATIENCE = 10.0
_PAUSE = 0.05


class OpenSearchGeneration:
    """Implements `store.Generation`.

    First the documents are written, then the checkpoint is moved: what is written twice changes nothing, and
    what is written by a follower that is fenced was in the log, too. Then readers are shown both.
    """

    def __init__(
        self,
        client: OpenSearch,
        index: str,
        number: int,
        checkpoints: Checkpoints,
        *,
        must_be_live: bool,
        pace: float,
    ) -> None:
        """`pace` is the least number of seconds between two refreshes while small batches come in."""
        self._client = client
        self._sender = Sender(client, write_alias(index))
        self._index = index
        self._number = number
        self._checkpoints = checkpoints
        self._pace = pace
        self._is_shown = must_be_live or checkpoints.searchable() > 0
        self._is_settled = not must_be_live
        self._is_examined = False
        self._refreshed_at = float("-inf")
        self._parked: list[str] | None = None

    @property
    def number(self) -> int:
        return self._number

    def checkpoint(self) -> Checkpoint:
        if not self._is_settled:
            self._settle()
        return self._checkpoints.get()

    def apply(self, changes: Sequence[Change], before: Checkpoint, after: Checkpoint) -> None:
        self._expect(before)
        self._examine(before, after.log_id)
        self._take(self._sender.begin(documents(changes)), len(changes), before, after)

    def begin(self, changes: Sequence[Change], before: Checkpoint, after: Checkpoint) -> Callable[[], None]:
        # The first one on the owner's thread: what is asked then is asked on its connections.
        self._examine(before, after.log_id)
        return partial(self._end, self._sender.begin(documents(changes)), len(changes), before, after)

    def _end(
        self, send: Callable[[Document | None], bool], count: int, before: Checkpoint, after: Checkpoint
    ) -> None:
        # A mark says that everything before it is there.
        self._expect(before)
        self._take(send, count, before, after)

    def _take(
        self, send: Callable[[Document | None], bool], count: int, before: Checkpoint, after: Checkpoint
    ) -> None:
        refused = send(mark(after))
        self._checkpoints.move(before, after)
        if refused or self._parked:
            # Another one, or a later version of one of them: to be looked up when it is asked for.
            self._parked = None
        if self._is_shown:
            self._show(after.position, at_once=count >= CATCHING_UP)

    def finish(self) -> None:
        self._show(self._checkpoints.get().position, at_once=True)
        self._is_shown = True

    def hold(self) -> AbstractContextManager[None]:
        return self._checkpoints.hold()

    def purge(self, limit: int) -> int:
        return purge(self._client, self._index, limit)

    def recount(self, repair: bool, pause: Pause = go_on) -> list[Drift]:  # noqa: ARG002 - there are no counters here
        return []

    @contextmanager
    def rows(self) -> Iterator[tuple[Checkpoint, Rows]]:
        with ExitStack() as stack:
            yield self._snapshot(stack)

    def check(self) -> list[str]:
        at, reached = self._checkpoints.get(), self._reached()
        lost = [_lost(self._index, reached, at)] if reached.position < at.position else []
        return lost + parked_messages(self._client, self._index)

    def parked(self) -> list[str]:
        if self._parked is None:
            self._parked = parked_messages(self._client, self._index)
        return self._parked

    def close(self) -> None:
        self._sender.close()
        self._client.close()
        self._checkpoints.close()

    def _expect(self, before: Checkpoint) -> None:
        if (found := self._checkpoints.get()) != before:
            raise Fenced(f"the checkpoint is {found}, expected was {before}")

    def _settle(self) -> None:
        """Show what a follower before this one had no time to show."""
        at = self._checkpoints.get()
        if at.position:
            self._examine(at, at.log_id)
        if self._checkpoints.searchable() < at.position:
            self._show(at.position, at_once=True)
        self._is_settled = True

    def _examine(self, at: Checkpoint, log_id: str) -> None:
        """Whether the index has what the registry says of it: an engine may have been restored, or be another's."""
        if self._is_examined:
            return
        reached = self._reached()
        if reached.position and reached.log_id != log_id:
            raise Misfit(
                f"index {self._index} holds what another log ({reached.log_id}) came to:"
                " give each Parley a prefix of its own in PARLEY_SEARCH_URL"
            )
        if reached.position < at.position:
            logger.warning("%s: it is folded again from the log", _lost(self._index, reached, at))
            self._checkpoints.move(at, Checkpoint())
            raise Fenced(f"index {self._index} begins again")
        self._is_examined = True

    def _reached(self) -> Checkpoint:
        """How far the index itself says that it is."""
        identity, routing = mark_address()
        params = {"routing": routing, "ignore": 404}
        with translated():
            answer = self._client.get(index=self._index, id=identity, params=params)
        if "found" not in answer:
            raise ReadModelUnavailable(f"index {self._index} is gone: {answer.get('error')}")
        return checkpoint_of(answer["_source"]) if answer["found"] else Checkpoint()

    def _show(self, position: int, *, at_once: bool) -> None:
        """Let readers find everything up to `position`, but not more often than the engine bears."""
        early = self._refreshed_at + self._pace - time.monotonic()
        if early > 0 and not at_once:
            time.sleep(early)
        with translated():
            complete(self._client.indices.refresh(index=self._index))
        self._refreshed_at = time.monotonic()
        self._checkpoints.now_searchable(position)

    def _snapshot(self, stack: ExitStack) -> tuple[Checkpoint, Rows]:
        given_up_at = time.monotonic() + _PATIENCE
        while True:
            try:
                return stack.enter_context(
                    snapshot(self._client, self._index, self._checkpoints.searchable())
                )
            except Torn:
                # Between a refresh and the word of it, or what a killed follower left was shown by a restart.
                if time.monotonic() > given_up_at:
                    raise
                time.sleep(_PAUSE)


def _lost(index: str, reached: Checkpoint, at: Checkpoint) -> str:
    return f"index {index} is at {reached.position}, and was at {at.position}: it was restored or has lost something"
