"""Waits for servers that come later, and makes what is not there yet."""

import time
from collections.abc import Callable
from contextlib import closing

from eventstore.errors import LogError
from eventstore.open import migrate_log_once_there
from parley.server import CantStart
from parley.settings import Places
from projections.projectors import PROJECTIONS
from projections.readmodel.errors import ReadModelError, ReadModelUnavailable, ReadModelUnreachable
from projections.readmodel.open import open_control

PAUSE = 1.0

Say = Callable[[str], None]


def await_log(places: Places, say: Say) -> None:
    """Make or upgrade the log as soon as its server can be reached; `say` is told why that takes time.

    Raises CantStart for what does not pass by itself: a server that refuses or may lose data, a newer log.
    """
    try:
        migrate_log_once_there(places.log_url, say)
    except (LogError, OSError) as error:
        raise CantStart(str(error)) from error


def await_read_models(places: Places, say: Say) -> bytes:
    """The same for the registry and the live read models; gives the registry's secret.

    A search engine is not waited for: it is followed as soon as it is there. Raises CantStart.
    """
    said = ""
    while True:
        try:
            return _make_read_models(places, say)
        except ReadModelUnreachable as error:
            if str(error) != said:
                said = str(error)
                say(f"waiting: {said}")
            time.sleep(PAUSE)
        except (ReadModelError, OSError) as error:
            raise CantStart(str(error)) from error


def _make_read_models(places: Places, say: Say) -> bytes:
    with closing(open_control(places.read_url, places.search_url)) as control:
        for name in PROJECTIONS:
            try:
                live = control.projection(name).live
                control.generation(name, live, must_be_live=True).close()
            except ReadModelUnavailable as error:
                if name != "search":
                    raise
                say(f"going on without search: {error}")
        return control.secret
