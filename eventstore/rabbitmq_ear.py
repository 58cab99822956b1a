"""A follower's ear on the broker: a thread that hears of new positions and says no more than `wake`."""

import logging
import random
import threading
import time
from collections.abc import Callable
from typing import Any

from eventstore.bus_messages import Poison, word
from eventstore.errors import LogError
from eventstore.inprocess_bus import Flag
from eventstore.rabbitmq_link import BEAT, Link, linked
from eventstore.rabbitmq_topology import declare_queue, delete_queue

PREFETCH = 32
BACK_OFF = (0.1, 5.0)
SAY_EVERY = 1.0
PATIENCE = 3
"""After so many attempts to consume from a queue of a broker that else answers, the queue is given up."""

logger = logging.getLogger(__name__)


class NoAnswer(Exception):
    """The broker is there, the queue is not."""


class Ear(Flag):
    """Implements `eventstore.bus.Subscription`.

    Whatever is delivered is acknowledged; what is no message of Parley's is named in the log and dropped. Nothing
    of a message is believed: at worst the log is looked at once too often.
    """

    def __init__(self, url: str, name: str, log_id: Callable[[], str], sender: str) -> None:
        """`log_id` may raise; messages that `sender` has sent are left, since it wakes its own ears itself."""
        super().__init__()
        self._url = url
        self._name = name
        self._log_id = log_id
        self._sender = sender
        self._stopping = threading.Event()
        self._attending = threading.Event()
        self._attending.set()
        self._pause = BACK_OFF[0]
        self._unanswered = 0
        self._said: dict[str, float] = {}
        self._thread = threading.Thread(target=self._run, name=f"ear-{name}", daemon=True)
        self._error: str | None = "not connected yet"
        self.poisoned = 0
        """How many messages were dropped for what they said."""

    @property
    def error(self) -> str | None:
        """Why it is deaf now; None while it rests."""
        return self._error if self._attending.is_set() else None

    def rest(self) -> None:
        # The queue gives its messages to one consumer, the first that came: it must be the one that works.
        self._attending.clear()

    def attend(self) -> None:
        self._attending.set()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end; see `join`."""
        self._stopping.set()

    def join(self, timeout: float) -> None:
        """Wait for its end; a broker that hangs can delay it by some seconds."""
        self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not self._attending.wait(BEAT):
                continue
            try:
                with linked(self._url) as link:
                    self._listen(link)
            except Exception as error:  # noqa: BLE001 - whatever a broker does, the next attempt may succeed
                self._fails(error)
                self._stopping.wait(self._pause * random.uniform(0.5, 1))
                self._pause = min(self._pause * 2, BACK_OFF[1])

    def _listen(self, link: Link) -> None:
        """Until it is stopped or rests. Raises whatever goes wrong, for instance that the queue is gone."""
        channel = link.channel()
        try:
            self._consume(channel)
        except TimeoutError:
            self._unanswered += 1
            if self._unanswered % PATIENCE == 0:
                # A quorum queue can be without a leader for good: for one, if the broker was killed just after it
                # was declared. What lies on it is worth nothing, and while it is there no publisher is confirmed.
                delete_queue(link.channel(), self._name)
                raise NoAnswer(f"the queue of {self._name} does not answer; it is made anew") from None
            raise
        self._unanswered = 0
        self._recovers()
        # For what came while it was deaf.
        self.wake()
        while self._attending.is_set() and not self._stopping.is_set():
            link.turn(BEAT)

    def _consume(self, channel: Any) -> None:
        queue = declare_queue(channel, self._name)
        channel.basic_qos(0, PREFETCH, False)
        # The driver's own messages: kombu would unpack what says that it is compressed, whatever its size.
        queue.consume(callback=self._hear)

    def _hear(self, message: Any) -> None:
        try:
            log_id, _ = word(message.body, message.properties.get("content_type"))
            if message.properties.get("app_id") != self._sender and self._is_followed(log_id):
                self.wake()
        except Poison as poison:
            self._drop(str(poison))
        finally:
            message.channel.basic_ack(message.delivery_tag)

    def _is_followed(self, log_id: str) -> bool:
        try:
            return log_id == self._log_id()
        except LogError:
            # Nobody can tell now; one look too many does no harm.
            return True

    def _drop(self, why: str) -> None:
        """Each reason is logged about once a second, however many messages there are."""
        self.poisoned += 1
        now = time.monotonic()
        if now - self._said.get(why, float("-inf")) >= SAY_EVERY:
            self._said[why] = now
            logger.warning("%s dropped a message: %s (%d so far)", self._name, why, self.poisoned)

    def _fails(self, error: Exception) -> None:
        """Logged when it is something else than before."""
        why = f"{type(error).__name__}: {error}".removesuffix(": ")
        if why != self._error and not self._stopping.is_set():
            logger.warning("%s does not hear the broker: %s", self._name, why)
        self._error = why

    def _recovers(self) -> None:
        if self._error is not None:
            logger.info("%s hears the broker", self._name)
        self._pause = BACK_OFF[0]
        self._error = None
