"""The bus on RabbitMQ: one publisher and the ears of a process, each with a connection of its own."""

import secrets
import time
from collections.abc import Callable, Sequence

from eventstore.bus import BusState, Subscription
from eventstore.bus_messages import Batch
from eventstore.log import NewEvent
from eventstore.outbox import Outbox
from eventstore.rabbitmq_ear import Ear
from eventstore.rabbitmq_publisher import GOOD_BYE_SECONDS, Publisher


class RabbitMQBus:
    """Implements `eventstore.bus.Bus`. Followers of the same process hear at once, with or without a broker."""

    def __init__(self, url: str, log_id: Callable[[], str]) -> None:
        """`log_id` names the log that is published; it may raise, and is then asked again."""
        self._url = url
        self._log_id = log_id
        self._sender = secrets.token_hex(8)
        self._ears: list[Ear] = []
        self._outbox = Outbox()
        self.publisher = Publisher(url, self._outbox, log_id, self._sender)
        self.publisher.start()

    @property
    def state(self) -> BusState:
        deaf = [ear.error for ear in self._ears if ear.error is not None]
        error = self.publisher.error or (deaf[0] if deaf else None)
        dropped = self._outbox.dropped + self.publisher.given_up
        return BusState(error, len(self._outbox), dropped, self.publisher.confirmed)

    def publish(self, first: int, events: Sequence[NewEvent], recorded_at: int = 0) -> None:
        for ear in self._ears:
            ear.wake()
        if events:
            self._outbox.put(Batch(first, events, recorded_at))

    def subscribe(self, name: str) -> Subscription:
        ear = Ear(self._url, name, self._log_id, self._sender)
        self._ears.append(ear)
        ear.start()
        return ear

    def close(self) -> None:
        threads: list[Ear | Publisher] = [*self._ears, self.publisher]
        for thread in threads:
            thread.stop()
        until = time.monotonic() + GOOD_BYE_SECONDS + 1
        for thread in threads:
            thread.join(max(0, until - time.monotonic()))
