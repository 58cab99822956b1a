"""The numbering of a chat's messages: stream `messages/{token}/{chat}`."""

from commands.intents import PostMessage
from eventstore.events import Fact, MessageCreated


def decide(intent: PostMessage, last: int, at: str) -> tuple[MessageCreated, ...]:
    """A message with the number after the last one."""
    return (
        MessageCreated(
            token=intent.token,
            at=at,
            chat=intent.chat,
            number=last + 1,
            body=intent.body,
            sender=intent.sender,
        ),
    )


def evolve(last: int, fact: Fact) -> int:
    """The number of the last message that was ever posted."""
    return fact.number if isinstance(fact, MessageCreated) else last
