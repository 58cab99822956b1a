"""The command side on the log of PARLEY_LOG_URL, beside a route that does nothing and one that batches nothing."""

import sys
from contextlib import ExitStack

from benchmarks import naive, noop
from commands.dispatcher import Dispatcher
from commands.http.app import create_app
from commands.keyrings import Keyrings
from eventstore.appender import Appender
from eventstore.clock import system_clock
from eventstore.inprocess_bus import InProcessBus
from eventstore.open import open_log
from eventstore.settings import data_folder, log_url
from parley.lifespan import lifespan
from parley.server import GuardedServer, listen
from web.guard import ASGIApp, Receive, Scope, Send, guard
from web.strict_json import BODY_LIMIT


class CommandSide:
    """Implements `parley.lifespan.Started`."""

    def __init__(self, url: str) -> None:
        self._stack = ExitStack()
        log = open_log(url)
        self._stack.callback(log.close)
        appender = Appender(log.writer, InProcessBus(), system_clock)
        appender.start()
        self._stack.callback(appender.close)
        pool = self._stack.enter_context(naive.Pool(url))
        parley = create_app(dispatcher=Dispatcher(appender, Keyrings(log)), admin_key=None)
        self.app = by_path(noop.noop_app(), naive.naive_app(pool), parley)

    async def stop(self) -> None:
        """End the threads and close the connections."""
        self._stack.close()


def by_path(nothing: ASGIApp, batchless: ASGIApp, parley: ASGIApp) -> ASGIApp:
    """One app of three."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path == noop.PATH:
            await nothing(scope, receive, send)
        elif path.startswith(naive.PREFIX):
            await batchless(scope, receive, send)
        else:
            await parley(scope, receive, send)

    return app


def build(url: str) -> ASGIApp:
    """What a worker serves, all behind the same guard."""

    async def start() -> CommandSide:
        return CommandSide(url)

    return guard(lifespan(start), BODY_LIMIT)


def main(workers: int) -> None:
    """Serve on a free port until SIGTERM; the first line says where."""
    url = log_url(data_folder())
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    GuardedServer(listener, lambda: build(url), f"http://127.0.0.1:{port}", workers=workers).run()


if __name__ == "__main__":
    main(int(sys.argv[1]))
