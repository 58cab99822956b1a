"""Words through Redis, by publish and subscribe: nothing is kept there."""

import logging
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from engines.redis_connection import connect
from projections.readmodel.words import Hear

ANSWER_SECONDS = 1.0
BEAT = 0.5
PING_SECONDS = 5.0
BACK_OFF = (0.1, 5.0)
GOOD_BYE_SECONDS = 2.0

logger = logging.getLogger(__name__)


class RedisWords:
    """Implements `words.Words`: a thread that tells, a thread that listens, each begun when it is needed.

    A Redis that is down, hung or flushed holds up nobody but these.
    """

    def __init__(self, url: str, store: str) -> None:
        """`store` names the read models that are spoken of."""
        self._url = url
        self._prefix = f"parley:{store}:"
        self._hear: defaultdict[str, list[Hear]] = defaultdict(list)
        self._untold: dict[str, int] = {}
        self._lock = threading.Lock()
        self._told = threading.Event()
        self._stopping = threading.Event()
        self._teller = _Insisting("tell", self._tell, self._stopping)
        self._listener = _Insisting("listen", self._listen, self._stopping)

    @property
    def error(self) -> str | None:
        return self._teller.error or self._listener.error

    def tell(self, projection: str, position: int) -> None:
        with self._lock:
            self._untold[projection] = position
        self._teller.begin()
        self._told.set()

    def listen(self, projection: str, hear: Hear) -> None:
        with self._lock:
            self._hear[self._prefix + projection].append(hear)
        self._listener.begin()

    def close(self) -> None:
        self._stopping.set()
        self._told.set()
        until = time.monotonic() + GOOD_BYE_SECONDS
        for thread in (self._teller, self._listener):
            thread.join(max(0, until - time.monotonic()))

    def _tell(self) -> None:
        """Until stopped. Raises what goes wrong; what could not be told is told later, unless there is news."""
        with connect(self._url, ANSWER_SECONDS) as client:
            client.ping()
            self._teller.works()
            while not self._stopping.is_set():
                self._told.wait()
                self._told.clear()
                with self._lock:
                    words, self._untold = self._untold, {}
                try:
                    for projection, position in words.items():
                        client.publish(self._prefix + projection, position)
                except BaseException:
                    with self._lock:
                        self._untold = words | self._untold
                    self._told.set()
                    raise

    def _listen(self) -> None:
        """Until stopped. Raises what goes wrong, for instance that Redis is silent."""
        with connect(self._url, ANSWER_SECONDS) as client, client.pubsub() as pubsub:
            subscribed = 0
            asked = answered = time.monotonic()
            while not self._stopping.is_set():
                if len(self._hear) != subscribed:
                    with self._lock:
                        channels = list(self._hear)
                    pubsub.subscribe(*channels)
                    subscribed = len(channels)
                message = pubsub.get_message(timeout=BEAT)
                now = time.monotonic()
                if message is not None:
                    answered = now
                    self._listener.works()
                    self._take(message)
                elif now - answered > 2 * PING_SECONDS:
                    raise TimeoutError("Redis is silent")
                if now - asked > PING_SECONDS:
                    asked = now
                    pubsub.ping()

    def _take(self, message: dict[str, Any]) -> None:
        """Pass a position on; anything else is nothing."""
        data = message["data"]
        if message["type"] == "message" and isinstance(data, bytes) and data.isdigit() and len(data) < 20:
            for hear in self._hear.get(message["channel"].decode(), ()):
                hear(int(data))


class _Insisting:
    """A thread that does something again and again until it is stopped, more and more slowly while it fails."""

    def __init__(self, name: str, act: Callable[[], None], stopping: threading.Event) -> None:
        self._name = name
        self._act = act
        self._stopping = stopping
        self._pause = BACK_OFF[0]
        self._begun = False
        self._thread = threading.Thread(target=self._run, name=f"{name}-words", daemon=True)
        self.error: str | None = None

    def begin(self) -> None:
        """Start it, unless it was."""
        if not self._begun:
            self._begun = True
            self._thread.start()

    def works(self) -> None:
        """It has succeeded."""
        self._pause = BACK_OFF[0]
        if self.error is not None:
            logger.info("words get through Redis again (%s)", self._name)
            self.error = None

    def join(self, timeout: float) -> None:
        """Wait for its end."""
        if self._begun:
            self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._act()
            except Exception as error:  # noqa: BLE001 - whatever a server does, the next attempt may succeed
                self._fails(error)
                self._stopping.wait(self._pause * random.uniform(0.5, 1))
                self._pause = min(self._pause * 2, BACK_OFF[1])

    def _fails(self, error: Exception) -> None:
        """Logged when it is something else than before."""
        why = f"{type(error).__name__}: {error}".removesuffix(": ")
        if why != self.error and not self._stopping.is_set():
            logger.warning("words do not get through Redis (%s): %s", self._name, why)
        self.error = why
