"""Handlers of a chat's intents."""

from msgspec.json import decode

from commands.answers import ChatAnswer, Numbered, encode
from commands.domain import chat, chats
from commands.domain.chat import Chat
from commands.handlers.handler import Handler, require_application, require_chat
from commands.intents import CreateChat, DeleteChat, RetitleChat
from eventstore import streams
from eventstore.command import Decision
from eventstore.log import FactRef
from eventstore.view import Known, View


def _answer(state: Chat, messages_count: int, last_message_at: str | None) -> bytes:
    return encode(
        ChatAnswer(
            state.number, state.title, messages_count, last_message_at, state.created_at, state.updated_at
        )
    )


def _refs(token: str, number: int) -> tuple[FactRef, ...]:
    return (FactRef(streams.chat(token, number)), FactRef(streams.chats(token), number))


def _last_fact(view: View, token: str, number: int) -> Known:
    """The last fact of a chat that lives."""
    require_application(view, token)
    require_chat(view, streams.chat(token, number))
    known = view.fact(streams.chat(token, number)) or view.fact(streams.chats(token), number)
    assert known is not None
    return known


class CreateChatHandler(Handler[CreateChat]):
    @property
    def exclusive(self) -> tuple[str, ...]:
        return (streams.chats(self.intent.token),)

    def decide(self, view: View, at: str) -> Decision:
        token = self.intent.token
        require_application(view, token)
        row = view.stream(streams.chats(token))
        assert row is not None
        facts = chats.decide(self.intent, row.version, at)
        state = chat.evolve(None, facts[0])
        assert state is not None
        return Decision(facts, _answer(state, 0, None))

    def owners(self, answer: bytes) -> tuple[str, ...]:
        token, number = self.intent.token, decode(answer, type=Numbered).number
        return (streams.application(token), streams.chat(token, number))


class RetitleChatHandler(Handler[RetitleChat]):
    @property
    def exclusive(self) -> tuple[str, ...]:
        return (streams.chat(self.intent.token, self.intent.number),)

    @property
    def peek(self) -> tuple[str, ...]:
        return (streams.messages(self.intent.token, self.intent.number),)

    @property
    def refs(self) -> tuple[FactRef, ...]:
        token, number = self.intent.token, self.intent.number
        return (*_refs(token, number), FactRef(streams.messages(token, number)))

    def decide(self, view: View, at: str) -> Decision:
        token, number = self.intent.token, self.intent.number
        known = _last_fact(view, token, number)
        state = chat.evolve(None, known.fact)
        facts = chat.decide(self.intent, state, at)
        for fact in facts:
            state = chat.evolve(state, fact)
        assert state is not None
        messages = view.stream(streams.messages(token, number))
        last = view.fact(streams.messages(token, number))
        return Decision(
            facts,
            _answer(state, messages.live if messages else 0, last.fact.at if last else None),
            known.position,
        )


class DeleteChatHandler(Handler[DeleteChat]):
    @property
    def exclusive(self) -> tuple[str, ...]:
        token, number = self.intent.token, self.intent.number
        return (streams.chats(token), streams.chat(token, number), streams.messages(token, number))

    @property
    def refs(self) -> tuple[FactRef, ...]:
        return _refs(self.intent.token, self.intent.number)

    def decide(self, view: View, at: str) -> Decision:
        known = _last_fact(view, self.intent.token, self.intent.number)
        return Decision(chat.decide(self.intent, chat.evolve(None, known.fact), at), b"")
