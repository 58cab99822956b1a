"""One connection through the fault proxy: it forwards both ways, and breaks as the faults say."""

import asyncio
import socket
from contextlib import suppress

from tests.support.proxy_faults import Cut, Direction, Faults, PatternCut

PIECE = 1 << 16
QUIET = 0.1
LONGEST_PATTERN = 64


class Broken(Exception):
    """The connection has come to its end by a fault."""


class Connection:
    """`run` forwards until both sides have closed, or it is broken; then nothing of it is left."""

    def __init__(self, faults: Faults, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._faults = faults
        self._client = reader, writer
        self._muted = False
        self._heard = 0.0
        self._answered = asyncio.Event()
        self.flowing = asyncio.Event()
        """Cleared while nothing is forwarded."""
        self.flowing.set()

    async def run(self, host: str, port: int) -> None:
        """Forward to that server. Raises nothing but CancelledError."""
        try:
            if self._faults.black_hole:
                self._faults.counts["swallowed"] += 1
                while await self._client[0].read(PIECE):
                    pass
                return
            try:
                server = await asyncio.open_connection(host, port)
            except OSError:
                self._faults.counts["refused"] += 1
                return
            try:
                await self._forward(*server)
            finally:
                reset(server[1])
        except OSError:
            # Either side may reset at any time; the other is told the same way.
            pass
        finally:
            reset(self._client[1])

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for end in (writer, self._client[1]):
            # So that `drain` waits for all: what a reset finds in a buffer is lost.
            end.transport.set_write_buffer_limits(0)
        pumps = {
            asyncio.create_task(self._requests(writer)),
            asyncio.create_task(self._replies(reader)),
        }
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _requests(self, server: asyncio.StreamWriter) -> None:
        """Client to server, up to the client's end of file."""
        tail = b""
        while data := await self._client[0].read(PIECE):
            await self._hold_up()
            if (met := self._faults.met(tail, data)) is not None:
                cut, place = met
                await send(server, data[:place])
                await self._break(cut, server, data[place:])
            await self._pass(Direction.TO_SERVER, server, data)
            tail = (tail + data)[-LONGEST_PATTERN:]
        server.write_eof()

    async def _replies(self, server: asyncio.StreamReader) -> None:
        """Server to client, up to the server's end of file."""
        client = self._client[1]
        try:
            while data := await server.read(PIECE):
                self._heard = asyncio.get_running_loop().time()
                self._answered.set()
                if not self._muted:
                    await self._hold_up()
                    await self._pass(Direction.TO_CLIENT, client, data)
        finally:
            self._answered.set()
        if not self._muted:
            client.write_eof()

    async def _hold_up(self) -> None:
        if self._faults.delay:
            await asyncio.sleep(self._faults.delay)
        await self.flowing.wait()

    async def _pass(self, direction: Direction, writer: asyncio.StreamWriter, data: bytes) -> None:
        allowed = self._faults.pass_bytes(direction, len(data))
        await send(writer, data[:allowed])
        if allowed is not None:
            raise Broken

    async def _break(self, cut: PatternCut, server: asyncio.StreamWriter, rest: bytes) -> None:
        self._muted = True
        self._answered.clear()
        if cut.how is Cut.REPLY_LOST:
            await send(server, rest)
            await self._end_of_answer()
        elif cut.how is Cut.UNANSWERED:
            reset(self._client[1])
            await send(server, rest)
            await asyncio.sleep(cut.seconds)
        elif cut.how is Cut.HELD:
            reset(self._client[1])
            await asyncio.sleep(cut.seconds)
            self._faults.counts["late"] += 1
            await send(server, rest)
            await self._end_of_answer()
        raise Broken

    async def _end_of_answer(self) -> None:
        """Until the server has said something, and then nothing for a moment; or has closed."""
        await self._answered.wait()
        clock = asyncio.get_running_loop().time
        while (left := self._heard + QUIET - clock()) > 0:
            await asyncio.sleep(left)


async def send(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Send all of it."""
    writer.write(data)
    await writer.drain()


def reset(writer: asyncio.StreamWriter) -> None:
    """End with RST; without effect on what was closed already."""
    with suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    writer.transport.abort()
