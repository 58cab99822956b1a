"""Starting by name, with all that this takes."""

from tests.services.installation import forget_policy
from tests.services.progress import say
from tests.services.running import service
from tests.services.server import Server


def up(name: str) -> tuple[Server, bool]:
    """Install what is missing, start and prepare it; gives it, and whether it was started. Raises ServiceError."""
    server = service(name)
    if not server.running:
        forget_policy()
        server.install()
        say(f"{name}: starting {server.title} …")
    new = server.ensure()
    server.prepare()
    say(f"{name}: {server.title} {server.state.version} is ready on 127.0.0.1:{server.port}")
    return server, new
