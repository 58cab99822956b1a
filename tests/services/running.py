"""What `bin/services up` has started and is still there."""

from tests.services.catalog import CATALOG
from tests.services.files import run_folder
from tests.services.server import Server


def service(name: str) -> Server:
    """The server of that name in the run folder, started or not."""
    return CATALOG[name](run_folder() / name, lasting=True)


def running(name: str) -> Server | None:
    """That server if it is there; reads its state file and one line of /proc."""
    server = service(name)
    return server if server.running else None
