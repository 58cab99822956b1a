"""An HTTP server that stands before a real one and changes on cue what either side gets to see."""

import http.client
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import urlsplit

PATIENCE = 60

Answer = tuple[int, bytes]


@dataclass(frozen=True)
class Exchange:
    """One request, and the way to the real server."""

    method: str
    path: str
    body: bytes
    address: tuple[str, int]
    kind: str
    authorization: str | None

    def forward(self, body: bytes | None = None) -> Answer:
        """The real server's answer to the request, or to one with another body."""
        connection = http.client.HTTPConnection(*self.address, timeout=PATIENCE)
        try:
            sent = self.body if body is None else body
            connection.request(self.method, self.path, sent, {"Content-Type": self.kind})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


Rule = Callable[[Exchange], Answer | None]
"""What to answer; None: what the real server answers."""


class Meddler:
    """Runs on threads of its own while it is entered; `rule` may be set at any time."""

    def __init__(self, url: str, tls: ssl.SSLContext | None = None) -> None:
        """Speaks TLS with its clients if it is given a context for that."""
        self._parts = urlsplit(url)
        self.rule: Rule = lambda _: None
        meddler = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except ConnectionError:
                    self.close_connection = True

            def do_any(self) -> None:
                meddler._serve(self)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_any

            def log_message(self, *_: object) -> None:
                """Nothing: the tests look at what is answered."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, name="meddler", daemon=True)

    @property
    def url(self) -> str:
        """The real server's URL with this one's address."""
        return self._parts._replace(netloc=f"127.0.0.1:{self._server.server_port}").geturl()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        assert self._parts.hostname is not None
        assert self._parts.port is not None
        exchange = Exchange(
            handler.command,
            handler.path,
            body,
            (self._parts.hostname, self._parts.port),
            handler.headers.get("Content-Type", "application/json"),
            handler.headers.get("Authorization"),
        )
        status, answer = self.rule(exchange) or exchange.forward()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json; charset=UTF-8")
        handler.send_header("Content-Length", str(len(answer)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(answer)
