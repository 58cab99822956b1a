"""The numbering of a chat's messages: stream `messages/{token}/{chat}`."""

from commands.domain.refusals import require
from commands.intents import NewMessage, PostMessage, PostMessages
from eventstore.events import Fact, MessageCreated


def decide(intent: PostMessage | PostMessages, last: int, at: str) -> tuple[MessageCreated, ...]:
    """Messages with the numbers after the last one. Raises StaleVersion: the list of messages has no versions."""
    require(intent.condition)
    messages = (
        intent.messages if isinstance(intent, PostMessages) else (NewMessage(intent.body, intent.sender),)
    )
    return tuple(
        MessageCreated(
            token=intent.token,
            at=at,
            chat=intent.chat,
            number=number,
            body=message.body,
            sender=message.sender,
        )
        for number, message in enumerate(messages, last + 1)
    )


def evolve(last: int, fact: Fact) -> int:
    """The number of the last message that was ever posted."""
    return fact.number if isinstance(fact, MessageCreated) else last
