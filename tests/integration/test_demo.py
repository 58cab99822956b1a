"""`parley demo` against what is no Parley: nothing that it prints runs, and it ends with a message."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from parley.demo import DemoFailed, demo

EVIL = b'{"token":"t",\n"x":"\x1b[31m"}\r\nrm -rf evil\x0btouch evil\rtouch evil\xc2\x85touch evil\xe2\x80\xa8\xff'


@contextmanager
def answering(reply: bytes) -> Iterator[str]:
    """A server's URL that says this to everybody."""

    def answer(listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            with connection:
                if not connection.recv(1 << 16):
                    return
                connection.sendall(reply)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(1 << 16):
                    pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=answer, args=(listener,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            with socket.create_connection(listener.getsockname()):
                pass
            thread.join()


def http(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d x\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status, len(body), body)


@pytest.mark.parametrize("body", [EVIL, b"rm -rf evil\n\x1b[31m"], ids=["with a token", "without"])
def test_an_answer_is_nothing_but_comments(body: bytes) -> None:
    shown: list[str] = []
    with answering(http(401, body)) as url, pytest.raises(DemoFailed):
        demo(url, shown.append)
    assert len([line for line in shown if line.startswith("# ")]) > 1
    assert all(line.isprintable() for line in shown)
    assert all(line.startswith("#") for line in shown if "evil" in line)
    commands = [line for line in shown if not line.startswith(("PARLEY=", "APPLICATION="))]
    shell = shutil.which("sh")
    assert shell is not None
    ran = subprocess.run([shell, "-x"], input="\n".join(commands), capture_output=True, text=True, check=True)
    assert (ran.stdout, ran.stderr) == ("", "")


@pytest.mark.parametrize(
    "reply",
    [b"SSH-2.0-x\r\n", b"", http(201, b"<html>"), http(201, b"[]"), http(201, b"{}"), http(201, b"\xff")],
    ids=["SSH", "nothing", "HTML", "a list", "no token", "no text"],
)
def test_what_is_no_parley_is_a_message(reply: bytes) -> None:
    with answering(reply) as url, pytest.raises(DemoFailed, match=r"Start a server first|no Parley"):
        demo(url, lambda _line: None)


@pytest.mark.parametrize("url", ["foo", "http://", "http://[", "http://a b/", "http://x:y", "file:///"])
def test_what_is_no_url_is_a_message(url: str) -> None:
    with pytest.raises(DemoFailed, match="Start a server first"):
        demo(url, lambda _line: None)
