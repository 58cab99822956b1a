"""What is declared on the broker, by whoever comes first; only arguments that RabbitMQ 3.10 and 4 both know."""

from typing import Any

from kombu import Exchange, Queue

EXCHANGE = "parley.events"
QUEUE_PREFIX = "parley."
MOST_MESSAGES = 1000
MOST_BYTES = 64 << 20
UNUSED_DAYS = 7

_ARGUMENTS = {
    "x-queue-type": "quorum",
    "x-single-active-consumer": True,
    # A wake-up is not worth more room: the newest are kept.
    "x-max-length": MOST_MESSAGES,
    "x-max-length-bytes": MOST_BYTES,
    "x-overflow": "drop-head",
    # A projector that was given up leaves a queue that nobody reads.
    "x-expires": UNUSED_DAYS * 24 * 3600 * 1000,
}


def declare_exchange(channel: Any) -> None:
    """Make the exchange of all events."""
    _exchange()(channel).declare()


def declare_queue(channel: Any, name: str) -> Any:
    """Make exchange and queue of a follower of that name; gives the queue, bound to the channel."""
    queue = Queue(f"{QUEUE_PREFIX}{name}", _exchange(), durable=True, queue_arguments=_ARGUMENTS)(channel)
    queue.declare()
    return queue


def delete_queue(channel: Any, name: str) -> None:
    """Ask for the queue's end, and don't wait for it."""
    channel.queue_delete(f"{QUEUE_PREFIX}{name}", nowait=True)


def _exchange() -> Exchange:
    return Exchange(EXCHANGE, type="fanout", durable=True)
