"""Handlers of a message's intents."""

from msgspec.json import decode

from commands.admission import NOBODY, Caller
from commands.answers import BatchAnswer, Numbered, encode
from commands.domain import message, messages
from commands.domain.refusals import NoSuch
from commands.handlers.handler import Handler, require_application, require_chat
from commands.intents import DeleteMessage, EditMessage, PostMessage, PostMessages
from eventstore import streams
from eventstore.command import Decision
from eventstore.log import CommandKey, FactRef
from eventstore.view import Known, View


def _refs(token: str, chat: int, number: int) -> tuple[FactRef, ...]:
    return (FactRef(streams.message(token, chat, number)), FactRef(streams.messages(token, chat), number))


def _last_fact(view: View, token: str, chat: int, number: int) -> Known:
    """The last fact of a message that lives, in a chat that was found to live."""
    stream = streams.message(token, chat, number)
    row = view.stream(stream)
    known = view.fact(stream) or view.fact(streams.messages(token, chat), number)
    if known is None or (row is not None and row.closed):
        raise NoSuch("message")
    return known


class PostMessageHandler(Handler[PostMessage]):
    __slots__ = ("_stream",)

    def __init__(self, intent: PostMessage, key: CommandKey | None = None, caller: Caller = NOBODY) -> None:
        super().__init__(intent, key, caller)
        self._stream = streams.messages(intent.token, intent.chat)

    @property
    def exclusive(self) -> tuple[str, ...]:
        return (self._stream,)

    @property
    def size(self) -> int:
        return 256 + len(self.intent.body)

    def decide(self, view: View, at: str) -> Decision:
        require_application(view, self.intent.token)
        require_chat(view, self._stream)
        facts = messages.decide(self.intent, view.streams[self._stream].version, at)
        return Decision(facts, encode(message.evolve(None, facts[0])))

    def owners(self, answer: bytes) -> tuple[str, ...]:
        token, chat = self.intent.token, self.intent.chat
        number = decode(answer, type=Numbered).number
        return (
            streams.application(token),
            streams.messages(token, chat),
            streams.message(token, chat, number),
        )


class PostMessagesHandler(Handler[PostMessages]):
    @property
    def exclusive(self) -> tuple[str, ...]:
        return (streams.messages(self.intent.token, self.intent.chat),)

    @property
    def size(self) -> int:
        return sum(256 + len(message.body) for message in self.intent.messages)

    def decide(self, view: View, at: str) -> Decision:
        [stream] = self.exclusive
        require_application(view, self.intent.token)
        require_chat(view, stream)
        facts = messages.decide(self.intent, view.streams[stream].version, at)
        return Decision(facts, encode(BatchAnswer(facts[0].number, facts[-1].number, len(facts))))

    def owners(self, answer: bytes) -> tuple[str, ...]:
        token, chat = self.intent.token, self.intent.chat
        made = decode(answer, type=BatchAnswer)
        return (
            streams.application(token),
            streams.messages(token, chat),
            *(streams.message(token, chat, number) for number in range(made.first, made.last + 1)),
        )


class EditMessageHandler(Handler[EditMessage]):
    @property
    def exclusive(self) -> tuple[str, ...]:
        return (streams.message(self.intent.token, self.intent.chat, self.intent.number),)

    @property
    def shared(self) -> tuple[str, ...]:
        token = self.intent.token
        return (streams.application(token), streams.chat(token, self.intent.chat), self._keys)

    @property
    def refs(self) -> tuple[FactRef, ...]:
        return _refs(self.intent.token, self.intent.chat, self.intent.number)

    @property
    def size(self) -> int:
        return 256 + len(self.intent.body)

    def decide(self, view: View, at: str) -> Decision:
        token, chat = self.intent.token, self.intent.chat
        require_application(view, token)
        require_chat(view, streams.chat(token, chat))
        known = _last_fact(view, token, chat, self.intent.number)
        state = message.evolve(None, known.fact)
        facts = message.decide(self.intent, state, at)
        for fact in facts:
            state = message.evolve(state, fact)
        return Decision(facts, encode(state), known.position)


class DeleteMessageHandler(Handler[DeleteMessage]):
    @property
    def exclusive(self) -> tuple[str, ...]:
        token, chat = self.intent.token, self.intent.chat
        return (streams.message(token, chat, self.intent.number), streams.messages(token, chat))

    @property
    def refs(self) -> tuple[FactRef, ...]:
        return _refs(self.intent.token, self.intent.chat, self.intent.number)

    def decide(self, view: View, at: str) -> Decision:
        token, chat = self.intent.token, self.intent.chat
        require_application(view, token)
        require_chat(view, streams.messages(token, chat))
        known = _last_fact(view, token, chat, self.intent.number)
        return Decision(message.decide(self.intent, message.evolve(None, known.fact), at), b"")
