"""Once a second: end the connections whose clients have stalled, and the process if its parent is gone.

One timer for all: a timer per request costs more than the whole of this.
"""

import asyncio
import os
import signal
import socket
import struct
from collections.abc import Collection
from typing import Any

from web.protocol import GuardedProtocol, Phase

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


async def sweep_forever(connections: Collection[Any], seconds: float, parent: int) -> None:
    """Sweep `connections` every `seconds` until cancelled; `parent` is the process that must be ours."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(seconds)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        sweep_all(connections, loop.time())


def sweep_all(connections: Collection[Any], now: float) -> None:
    """Sweep them once. `now` is the loop's time."""
    for connection in tuple(connections):
        if isinstance(connection, GuardedProtocol):
            sweep(connection, now)


def sweep(connection: GuardedProtocol, now: float) -> None:
    """End `connection` if its client has kept it waiting for too long. `now` is the loop's time."""
    limits, cycle = connection.limits, connection.cycle
    if _leaves_answers_unread(connection, now):
        _reset(connection)
        return
    if connection.flow.read_paused:
        # What the application has not asked for yet is not the client's delay.
        connection.since = now
        return
    waited = now - connection.since
    if connection.phase is Phase.HEAD:
        if waited > limits.head_seconds:
            connection.fail(408, "The header took too long.")
    elif connection.phase is Phase.BODY:
        if waited > limits.body_seconds:
            connection.fail(408, "The body took too long.")
    elif connection.phase is Phase.REFUSED:
        if waited > limits.linger_seconds and not connection.answering_before_refusal:
            _reset(connection)
    elif cycle is None:
        if waited > limits.head_seconds:
            connection.transport.close()
    elif cycle.response_complete and waited > limits.idle_seconds:
        connection.transport.close()


def _leaves_answers_unread(connection: GuardedProtocol, now: float) -> bool:
    """Whether answers wait here that the client takes slower than `unread_bytes` per `unread_seconds`."""
    limits = connection.limits
    unread = connection.transport.get_write_buffer_size()
    if unread == 0:
        connection.unread = 0
    elif (
        connection.unread == 0
        or unread > connection.unread
        or connection.unread - unread >= limits.unread_bytes
    ):
        connection.unread = unread
        connection.unread_since = now
    else:
        return now - connection.unread_since > limits.unread_seconds
    return False


def _reset(connection: GuardedProtocol) -> None:
    """Close so that the kernel, too, forgets what it still holds for the client."""
    connected = connection.transport.get_extra_info("socket")
    if connected is not None and connected.family != socket.AF_UNIX:
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    connection.transport.abort()
