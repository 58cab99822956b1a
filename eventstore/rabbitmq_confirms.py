"""Which messages of one channel the broker has not confirmed."""

from typing import Any

from eventstore.bus_messages import Message


class Confirms:
    """Counts as the broker does: the messages of a channel are 1, 2, 3 …

    Each confirm is matched with the message that it names; kombu's own `confirm_publish` takes the next one that
    comes for the one that it waits for, which after a time-out is another message's.
    """

    def __init__(self, channel: Any) -> None:
        channel.confirm_select()
        channel.events["basic_ack"].add(self._ack)
        channel.events["basic_nack"].add(self._nack)
        self._sent = 0
        self._open: dict[int, Message] = {}
        self.confirmed = 0
        """How many messages the broker has taken."""
        self.refused = 0
        """How many it has said it did not take."""

    def sent(self, message: Message) -> None:
        """The message is about to be sent."""
        self._sent += 1
        self._open[self._sent] = message

    def __len__(self) -> int:
        return len(self._open)

    def unconfirmed(self) -> list[Message]:
        """What the broker may or may not have, in order."""
        return list(self._open.values())

    def _ack(self, tag: int, multiple: bool) -> None:
        self.confirmed += self._settle(tag, multiple=multiple)

    def _nack(self, tag: int, multiple: bool) -> None:
        self.refused += self._settle(tag, multiple=multiple)

    def _settle(self, tag: int, *, multiple: bool) -> int:
        tags = [number for number in self._open if number <= tag] if multiple else [tag]
        return sum(self._open.pop(number, None) is not None for number in tags)
