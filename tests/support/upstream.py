"""What stands behind a gateway: takes requests down byte by byte, and can be told to misbehave."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

ANSWER = b'HTTP/1.1 200 OK\r\nETag: "7"\r\nContent-Length: 2\r\n\r\n'


class Taken(NamedTuple):
    """One request as it came; header names are lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int


class Upstream:
    """Answers 200 "ok" to everything. Once it has read a request, it hangs up while `hangs_up` is set, and says
    nothing any more while `is_silent` is.
    """

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self.hangs_up = False
        self.is_silent = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def close(self) -> None:
        """Nobody listens any more."""
        # Closing alone would not wake the thread that accepts.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._connections += 1
                threading.Thread(
                    target=self._serve, args=(connection, self._connections), daemon=True
                ).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection, connection.makefile("rb") as stream, suppress(ConnectionError):
            while first := stream.readline():
                method, target, _ = first.decode("latin-1").split(" ")
                lines = [line.decode("latin-1").rstrip("\r\n") for line in iter(stream.readline, b"\r\n")]
                headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
                body = stream.read(int(headers.get("content-length", 0)))
                self.taken.append(Taken(method, target, headers, body, number))
                if self.hangs_up:
                    return
                if self.is_silent:
                    stream.read()
                    return
                connection.sendall(ANSWER + (b"" if method == "HEAD" else b"ok"))


@contextmanager
def upstreams(count: int) -> Iterator[list[Upstream]]:
    """So many, closed at the end."""
    begun = [Upstream() for _ in range(count)]
    try:
        yield begun
    finally:
        for each in begun:
            each.close()
