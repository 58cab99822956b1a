"""Places for search indices of their own on the real search engines that `bin/services` runs."""

import secrets
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.shared_server import shared_server


@contextmanager
def new_prefix(engine: str) -> Iterator[str]:
    """A PARLEY_SEARCH_URL under which there is nothing, cleared at the end.

    It has no pace: a test writes little, and waits for all of it. Skips where no server can be had.
    """
    server = shared_server(engine)
    prefix = f"test_{secrets.token_hex(8)}"
    try:
        yield f"{server.url()}/{prefix}?pace=0"
    finally:
        remove_indices(server.url(), prefix)


def remove_indices(url: str, prefix: str) -> None:
    """Remove all indices whose names begin so."""
    # By their names: engines may be told to refuse wildcards in what destroys.
    with urllib.request.urlopen(f"{url}/_cat/indices/{prefix}*?h=index", timeout=30) as answer:
        names = answer.read().decode().split()
    for name in names:
        request = urllib.request.Request(f"{url}/{name}", method="DELETE")
        with urllib.request.urlopen(request, timeout=30):
            pass
