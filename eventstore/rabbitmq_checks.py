"""Whether exchange and queues on the broker are those that Parley declares. Nothing is made."""

from collections.abc import Callable, Sequence
from typing import Any

from kombu.transport.pyamqp import Transport

from engines.finding import Finding, version_finding
from eventstore.rabbitmq_link import Link
from eventstore.rabbitmq_server import broker
from eventstore.rabbitmq_topology import EXCHANGE, QUEUE_PREFIX, declare_exchange, declare_queue

LEAST = (3, 10)
_NOT_FOUND, _OTHERWISE = 404, 406


def rabbitmq_findings(place: str, url: str, names: Sequence[str]) -> list[Finding]:
    """Raises BusUnavailable."""
    with broker(url) as link:
        found = _version(place, str(link.server_properties.get("version", "")))
        if _differs(
            link,
            lambda channel: channel.exchange_declare(EXCHANGE, "fanout", passive=True),
            declare_exchange,
        ):
            found.append(
                Finding(
                    "error",
                    place,
                    f"the exchange {EXCHANGE} is not a durable fanout",
                    f"Stop Parley and delete the exchange {EXCHANGE}; it is made anew.",
                )
            )
            # Each queue's declaration would fail for that reason, too.
            return found
        for name in names:
            queue = f"{QUEUE_PREFIX}{name}"
            found += _queue(place, link, name, queue)
    return found


def _queue(place: str, link: Link, name: str, queue: str) -> list[Finding]:
    if not _differs(
        link,
        lambda channel: channel.queue_declare(queue, passive=True),
        lambda channel: declare_queue(channel, name),
    ):
        return []
    return [
        Finding(
            "error",
            place,
            f"the queue {queue} has not the type and arguments that Parley gives it (quorum, limited, one consumer)",
            f"rabbitmqctl delete_queue {queue}: it is made anew, and what waited there is read from the log.",
        )
    ]


def _differs(link: Link, look: Callable[[Any], object], declare: Callable[[Any], object]) -> bool:
    """Whether it is there, and the broker says that it is not what would be declared.

    To declare what is there changes nothing; what is not there is left alone. A refusal ends the channel.
    """
    for ask, refusal in ((look, _NOT_FOUND), (declare, _OTHERWISE)):
        try:
            ask(link.channel())
        except Transport.channel_errors as error:
            if error.code != refusal:
                raise
            return refusal == _OTHERWISE
    return False


def _version(place: str, said: str) -> list[Finding]:
    numbers = tuple(int(part) for part in said.split(".")[:2] if part.isdecimal())
    return version_finding(place, f"RabbitMQ {said}", numbers, LEAST) if numbers else []
