"""gunicorn's worker for both APIs: uvicorn on uvloop and httptools, with bounds."""

import asyncio
import gc
import socket
import sys
from typing import Any, ClassVar

from gunicorn.arbiter import Arbiter
from uvicorn.server import Server
from uvicorn_worker import UvicornWorker

from web.limits import Limits
from web.parent import die_with
from web.protocol import GuardedProtocol
from web.sweeper import sweep_forever

UNHEARD_SECONDS = 1.0


class PatientServer(Server):
    """Hears those out that it has accepted and that have not spoken yet: who sent a command can't send it again."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        loop = asyncio.get_running_loop()
        until = loop.time() + UNHEARD_SECONDS
        while loop.time() < until and any(
            getattr(connection, "cycle", self) is None for connection in self.server_state.connections
        ):
            await asyncio.sleep(0.01)
        await super().shutdown(sockets)


class GuardedWorker(UvicornWorker):  # type: ignore[misc]  # gunicorn is untyped
    """`worker_class` for gunicorn. Subclass it to change `limits` or to trust a proxy's `X-Forwarded-*`.

    `trusted_proxies` is a list of addresses and networks, separated by commas; gunicorn's own
    `forwarded_allow_ips` is not read, for it trusts loopback unless told not to.
    """

    limits: ClassVar[Limits] = Limits()
    trusted_proxies: ClassVar[str] = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # An instance attribute over uvicorn's class attribute: the settings of this worker alone.
        self.CONFIG_KWARGS = {
            "loop": "uvloop",
            "http": type("Protocol", (GuardedProtocol,), {"limits": self.limits}),
            "ws": "none",
            # A start that fails must end the worker; "auto" would serve without what was to be started.
            "lifespan": "on",
            "server_header": False,
            "headers": [("X-Content-Type-Options", "nosniff")],
            "proxy_headers": bool(self.trusted_proxies),
            "forwarded_allow_ips": self.trusted_proxies,
        }
        super().__init__(*args, **kwargs)

    def init_signals(self) -> None:
        """Called after the fork and after the change of user, which would undo it."""
        die_with(self.ppid)
        super().init_signals()

    async def _serve(self) -> None:
        self.config.app = self.wsgi
        # What is there now stays, and what a request leaves in cycles is little: looking for it after every 700
        # new objects took a twelfth of a loaded worker's time [measured].
        gc.collect()
        gc.freeze()
        gc.set_threshold(10_000)
        server = PatientServer(config=self.config)
        self._install_sigquit_handler()
        sweeping = asyncio.create_task(
            sweep_forever(server.server_state.connections, self.limits.sweep_seconds, self.ppid)
        )
        try:
            await server.serve(sockets=self.sockets)
        finally:
            sweeping.cancel()
        if not server.started:
            sys.exit(Arbiter.WORKER_BOOT_ERROR)
