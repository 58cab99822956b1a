"""The fault proxy, before a server that answers each line with the same line."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from tests.support.proxy import Cut, Direction, Proxy
from tests.support.waiting import until


class Echo(socketserver.ThreadingTCPServer):
    """`got` is what has come, in order; `open` how many connections there are."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), EchoHandler)
        self.got = b""
        self.open = 0


class EchoHandler(socketserver.StreamRequestHandler):
    server: Echo

    def handle(self) -> None:
        self.server.open += 1
        with suppress(ConnectionError):
            while data := self.request.recv(1 << 16):
                self.server.got += data
                self.request.sendall(data)
        self.server.open -= 1

    def finish(self) -> None:
        with suppress(ConnectionError):
            super().finish()


@pytest.fixture
def echo() -> Iterator[Echo]:
    with Echo() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    with Proxy("127.0.0.1", echo.server_address[1]) as proxy:
        yield proxy


@pytest.fixture
def client(proxy: Proxy) -> Iterator[socket.socket]:
    with closing(connect(proxy)) as client:
        yield client


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=10)


def asked(client: socket.socket, line: bytes) -> bytes:
    """What comes back for the line."""
    client.sendall(line)
    return received(client, len(line))


def received(client: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = client.recv(count - len(data))
        assert piece, "closed"
        data += piece
    return data


def silent(client: socket.socket) -> bool:
    """Whether nothing comes, not even an end."""
    client.settimeout(0.1)
    try:
        client.recv(1)
    except TimeoutError:
        return True
    finally:
        client.settimeout(10)
    return False


def test_it_forwards_both_ways_and_closes_with_its_client(echo: Echo, proxy: Proxy) -> None:
    large = bytes(range(256)) * 4096
    with closing(connect(proxy)) as client:
        assert asked(client, b"hello") == b"hello"
        sender = threading.Thread(target=client.sendall, args=(large,))
        sender.start()
        assert received(client, len(large)) == large
        sender.join()
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
    until(lambda: echo.open == 0, "the server has seen the end")
    assert proxy.counts == {"accepted": 1}


def test_a_url_through_it_has_its_address(proxy: Proxy) -> None:
    assert proxy.through("mysql://me:pass@db.example:3306/parley?x=1") == (
        f"mysql://me:pass@127.0.0.1:{proxy.port}/parley?x=1"
    )


def test_a_server_that_is_not_there_resets() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    with Proxy("127.0.0.1", port) as proxy:
        # It may come before the connection is known to be made.
        with pytest.raises(ConnectionResetError), closing(connect(proxy)) as client:
            client.recv(1)
        assert proxy.counts["refused"] == 1


def test_latency(proxy: Proxy, client: socket.socket) -> None:
    proxy.delay(0.3)
    client.sendall(b"slow")
    assert silent(client)
    assert received(client, 4) == b"slow"


@pytest.mark.parametrize(("direction", "arrived"), [(Direction.TO_SERVER, 4), (Direction.TO_CLIENT, 6)])
def test_cut_after_some_bytes(
    echo: Echo, proxy: Proxy, client: socket.socket, direction: Direction, arrived: int
) -> None:
    proxy.cut_after(4, direction)
    assert asked(client, b"ab") == b"ab"
    client.sendall(b"cdef")
    with pytest.raises(ConnectionResetError):
        received(client, 4)
    until(lambda: echo.open == 0, "the server has seen the end")
    assert echo.got == b"abcdef"[:arrived]
    assert proxy.counts["BYTES"] == 1


def test_cut_before_the_pattern(echo: Echo, proxy: Proxy, client: socket.socket) -> None:
    proxy.cut_on(b"COMMIT", Cut.BEFORE)
    client.sendall(b"insert;COMMIT;more")
    with pytest.raises(ConnectionResetError):
        received(client, 99)
    until(lambda: echo.open == 0, "the server has seen the end")
    # The reset may overtake what was forwarded.
    assert echo.got in (b"", b"insert;")
    assert proxy.counts["BEFORE"] == 1


def test_a_pattern_in_two_pieces(echo: Echo, proxy: Proxy, client: socket.socket) -> None:
    proxy.cut_on(b"COMMIT", Cut.BEFORE)
    assert asked(client, b"insert;COM") == b"insert;COM"
    client.sendall(b"MIT")
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    assert echo.got == b"insert;COM"


def test_what_passed_before_is_not_cut(proxy: Proxy, client: socket.socket) -> None:
    assert asked(client, b"COMMIT") == b"COMMIT"
    proxy.cut_on(b"COMMIT", Cut.BEFORE)
    assert asked(client, b"x") == b"x"
    assert proxy.counts["BEFORE"] == 0


def test_a_cut_is_for_so_many_connections(proxy: Proxy) -> None:
    proxy.cut_on(b"COMMIT", Cut.BEFORE, times=2)
    for _ in range(2):
        with closing(connect(proxy)) as client, pytest.raises(ConnectionResetError):
            asked(client, b"COMMIT")
    with closing(connect(proxy)) as client:
        assert asked(client, b"COMMIT") == b"COMMIT"
    assert proxy.counts["BEFORE"] == 2


def test_a_reply_is_lost(echo: Echo, proxy: Proxy, client: socket.socket) -> None:
    proxy.cut_on(b"COMMIT", Cut.REPLY_LOST)
    client.sendall(b"insert;COMMIT")
    with pytest.raises(ConnectionResetError):
        received(client, 99)
    assert echo.got == b"insert;COMMIT"
    assert proxy.counts["REPLY_LOST"] == 1


def test_unanswered_leaves_the_server_its_connection_for_a_while(
    echo: Echo, proxy: Proxy, client: socket.socket
) -> None:
    proxy.cut_on(b"COMMIT", Cut.UNANSWERED, seconds=1)
    client.sendall(b"COMMIT")
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    until(lambda: echo.got == b"COMMIT")
    assert echo.open == 1
    until(lambda: echo.open == 0, "the server's side is reset, too")


def test_a_held_pattern_comes_late(echo: Echo, proxy: Proxy, client: socket.socket) -> None:
    proxy.cut_on(b"COMMIT", Cut.HELD, seconds=1)
    client.sendall(b"insert;COMMIT")
    with pytest.raises(ConnectionResetError):
        received(client, 99)
    until(lambda: echo.got == b"insert;")
    assert proxy.counts["late"] == 0
    until(lambda: proxy.counts["late"] == 1)
    until(lambda: echo.open == 0, "the server's side is reset, too")
    assert echo.got == b"insert;COMMIT"


def test_a_black_hole_swallows_new_connections(echo: Echo, proxy: Proxy, client: socket.socket) -> None:
    assert asked(client, b"before") == b"before"
    proxy.black_hole()
    with closing(connect(proxy)) as swallowed:
        swallowed.sendall(b"anybody?")
        assert silent(swallowed)
        proxy.black_hole(on=False)
        assert silent(swallowed)
    assert asked(client, b"after") == b"after"
    assert echo.got == b"beforeafter"
    assert proxy.counts["swallowed"] == 1


def test_half_open_and_back(echo: Echo, proxy: Proxy, client: socket.socket) -> None:
    assert asked(client, b"before") == b"before"
    proxy.freeze()
    client.sendall(b"late")
    assert silent(client)
    with closing(connect(proxy)) as other:
        assert asked(other, b"other") == b"other"
    assert echo.got == b"beforeother"
    proxy.thaw()
    assert received(client, 4) == b"late"


def test_a_client_that_left_while_half_open_is_heard_later(echo: Echo, proxy: Proxy) -> None:
    with closing(connect(proxy)) as client:
        assert asked(client, b"before") == b"before"
        proxy.freeze()
        client.sendall(b"late")
    assert echo.open == 1
    proxy.thaw()
    until(lambda: echo.open == 0, "the server has seen the end")
    assert echo.got == b"beforelate"


def test_all_are_reset(echo: Echo, proxy: Proxy) -> None:
    clients = [connect(proxy) for _ in range(3)]
    for client in clients:
        assert asked(client, b"x") == b"x"
    proxy.reset_all()
    for client in clients:
        with pytest.raises(ConnectionResetError):
            client.recv(1)
        client.close()
    until(lambda: echo.open == 0, "the server has seen it")
    assert proxy.counts == {"accepted": 3, "reset": 3}


def test_healed_it_only_forwards(proxy: Proxy) -> None:
    proxy.delay(60)
    proxy.black_hole()
    proxy.cut_on(b"COMMIT", Cut.BEFORE)
    proxy.cut_after(3, Direction.TO_SERVER)
    proxy.heal()
    with closing(connect(proxy)) as client:
        assert asked(client, b"COMMIT") == b"COMMIT"
