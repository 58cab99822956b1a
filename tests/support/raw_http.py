"""HTTP by hand over a socket: for requests that no HTTP client would send."""

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass

# Long enough for any machine: it bounds a test that has failed, not one that works.
PATIENCE = 60


@dataclass(frozen=True)
class Answer:
    """One response as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connection:
    """A TCP connection to a server on loopback, which reads answers one after the other."""

    def __init__(self, port: int, receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(("127.0.0.1", port))
        self._buffer = bytearray()

    def send(self, data: bytes) -> None:
        """Send all of `data`."""
        self.socket.sendall(data)

    def answer(self, method: str = "GET") -> Answer:
        """The next answer; to HEAD one without a body."""
        head = self._until(b"\r\n\r\n").decode("latin-1")
        status_line, *lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status = int(status_line.split(" ")[1])
        if method == "HEAD" or status in (100, 204, 304):
            body = b""
        elif headers.get("transfer-encoding") == "chunked":
            body = b"".join(self._chunks())
        else:
            body = self._exactly(int(headers["content-length"]))
        return Answer(status, headers, body)

    def ended(self) -> bytes:
        """Wait until the server ends the connection, and give what came before that."""
        with contextlib.suppress(ConnectionError):
            while piece := self.socket.recv(65536):
                self._buffer += piece
        return bytes(self._buffer)

    def close(self) -> None:
        """Hang up."""
        self.socket.close()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self._until(b"\r\n"), 16):
            yield self._exactly(size)
            self._until(b"\r\n")
        self._until(b"\r\n")

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            self._more()
        end = self._buffer.index(mark)
        return self._take(end, end + len(mark))

    def _exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._more()
        return self._take(size, size)

    def _take(self, size: int, gone: int) -> bytes:
        part = bytes(self._buffer[:size])
        del self._buffer[:gone]
        return part

    def _more(self) -> None:
        piece = self.socket.recv(65536)
        if not piece:
            raise EOFError(f"the server hung up after {bytes(self._buffer)!r}")
        self._buffer += piece


def request(
    target: str = "/", method: str = "GET", *headers: str, body: bytes = b"", host: str | None = "localhost"
) -> bytes:
    """The bytes of a request; `headers` are whole lines. Content-Length comes with a body."""
    lines = [f"{method} {target} HTTP/1.1"]
    if host is not None:
        lines.append(f"Host: {host}")
    lines += headers
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def exchange(port: int, data: bytes, method: str = "GET") -> Answer:
    """Send `data` on a connection of its own and give the first answer."""
    with Connection(port) as connection:
        connection.send(data)
        return connection.answer(method)
