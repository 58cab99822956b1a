"""Many documents in few requests, and what is to be done about each that was not taken."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

from opensearchpy import OpenSearch
from opensearchpy.exceptions import TransportError

from projections.readmodel.bulk_counts import counts
from projections.readmodel.errors import ReadModelUnavailable
from projections.readmodel.opensearch_client import status_of, translated
from projections.readmodel.opensearch_documents import Document, lines_of, parked

logger = logging.getLogger(__name__)

PORTION = 1 << 20
"""Bytes of a request. Larger ones are no faster."""
AT_ONCE = 2
"""Requests with documents at a time: while the engine works on one, the next is made, and sent."""
_ANSWER = "items.*.status,items.*.error"
PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""Seconds before each further attempt, while the engine is too busy."""

_OLDER = 409
_REFUSED = 400
_BUSY = frozenset({429, 500, 502, 503, 504})


class _Entry(NamedTuple):
    document: Document
    lines: bytes
    is_parked: bool = False


class Sender:
    """Writes documents, in batches of which one may begin while the one before is on its way."""

    def __init__(self, client: OpenSearch, alias: str, *, refresh: bool = False) -> None:
        """The client must bear one request more than AT_ONCE."""
        self._deliver = partial(_deliver, client, alias, refresh=refresh)
        self._threads: ThreadPoolExecutor | None = None

    def begin(self, documents: Iterable[Document]) -> Callable[[Document | None], bool]:
        """Begin to write documents, of which no two may have the same id. What is returned ends that: it writes the
        document that it is given when the others are there, and says whether the engine refused a message, which is
        parked therefore.

        One that is there already, or a newer one, counts as written. The end raises ReadModelUnavailable; then some
        may be written and some not, and to send all of them again is right.
        """
        portions = _portions(documents)
        first, second = next(portions, []), next(portions, None)
        if second is None:
            # The last one comes with it, in one request.
            return lambda last: self._deliver([*first, *_entries(last)])
        if self._threads is None:
            self._threads = ThreadPoolExecutor(AT_ONCE, "bulk")
        sent = [self._threads.submit(self._deliver, portion) for portion in chain([first, second], portions)]
        return partial(self._end, sent)

    def _end(self, sent: Sequence["Future[bool]"], last: Document | None) -> bool:
        try:
            refused = [portion.result() for portion in sent]
        except BaseException:
            for portion in sent:
                portion.cancel()
            raise
        return any([*refused, self._deliver(_entries(last))])

    def close(self) -> None:
        """Return when nothing is on its way any more; what has not begun is given up."""
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)


def send(client: OpenSearch, alias: str, documents: Iterable[Document], *, refresh: bool = False) -> bool:
    """Write one batch of documents, as `Sender` does."""
    with closing(Sender(client, alias, refresh=refresh)) as sender:
        return sender.begin(documents)(None)


def _entries(document: Document | None) -> list["_Entry"]:
    return [] if document is None else [_Entry(document, lines_of(document))]


def _deliver(client: OpenSearch, alias: str, portion: list[_Entry], *, refresh: bool) -> bool:
    """Write a portion; whether one of it is parked."""
    try:
        return _insist(client, alias, portion, refresh=refresh)
    except ReadModelUnavailable:
        counts.fails()
        raise


def _insist(client: OpenSearch, alias: str, portion: list[_Entry], *, refresh: bool) -> bool:
    refused, left = False, portion
    for pause in PAUSES:
        left = _attempt(client, alias, left, refresh=refresh) if left else []
        refused = refused or any(entry.is_parked for entry in left)
        if not left:
            return refused
        counts.retries(len(left))
        time.sleep(pause)
    raise ReadModelUnavailable(f"the search engine was too busy for {len(left)} documents")


def _portions(documents: Iterable[Document]) -> Iterator[list[_Entry]]:
    portion: list[_Entry] = []
    size = 0
    for document in documents:
        lines = lines_of(document)
        if size + len(lines) > PORTION and portion:
            yield portion
            portion, size = [], 0
        portion.append(_Entry(document, lines))
        size += len(lines)
    if portion:
        yield portion


def _attempt(client: OpenSearch, alias: str, entries: list[_Entry], *, refresh: bool) -> list[_Entry]:
    """What is still to be written."""
    params = {
        "require_alias": "true",
        "refresh": "true" if refresh else "false",
        "filter_path": _ANSWER,
    }
    with translated():
        try:
            answer = client.bulk(index=alias, body=b"".join(entry.lines for entry in entries), params=params)
        except TransportError as error:
            if status_of(error) in _BUSY:
                return entries
            raise
    items = answer.get("items", [])
    if len(items) != len(entries):
        raise ReadModelUnavailable(f"the search engine answered to {len(items)} of {len(entries)} documents")
    left = []
    for entry, item in zip(entries, items, strict=True):
        (result,) = item.values()
        if "error" not in result or result["status"] == _OLDER:
            continue
        if result["status"] in _BUSY:
            left.append(entry)
        else:
            left.append(_parked(entry.document, result))
    return left


def _parked(document: Document, result: dict[str, Any]) -> _Entry:
    """What to write instead of a document that was refused for what it is, and not for the state of the engine."""
    error = result["error"]
    reason = f"{error.get('type')}: {error.get('reason')}" if isinstance(error, dict) else str(error)
    if result["status"] != _REFUSED or "json" not in (document.source or {}):
        raise ReadModelUnavailable(f"the search engine: {document.id}: {result['status']}, {reason}")
    # Not its id: that has the token in it, which opens the application.
    logger.error("the search engine refuses the message of event %d: %r", document.version, reason)
    instead = parked(document, reason)
    return _Entry(instead, lines_of(instead), is_parked=True)
