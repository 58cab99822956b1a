"""Handlers of an application's intents."""

from msgspec.json import decode

from commands.answers import ApplicationAnswer, Tokened, encode
from commands.domain import application
from commands.domain.application import Application
from commands.domain.refusals import NoSuch
from commands.handlers.handler import Handler, I
from commands.intents import CreateApplication, DeleteApplication, RenameApplication
from eventstore import streams
from eventstore.command import Decision
from eventstore.log import FactRef
from eventstore.view import Known, View


def _answer(state: Application, chats_count: int) -> bytes:
    return encode(ApplicationAnswer(state.token, state.name, chats_count, state.created_at, state.updated_at))


class CreateApplicationHandler(Handler[CreateApplication]):
    """Its token is new, so nobody else can hold the row."""

    @property
    def exclusive(self) -> tuple[str, ...]:
        return (streams.application(self.intent.token), streams.chats(self.intent.token))

    @property
    def shared(self) -> tuple[str, ...]:
        return ()

    def admit(self, view: View) -> None:
        """Its route has looked for the admin key; there are no others yet."""

    def decide(self, view: View, at: str) -> Decision:  # noqa: ARG002 - nothing is there yet
        facts = application.decide(self.intent, None, at)
        state = application.evolve(None, facts[0])
        assert state is not None
        return Decision(facts, _answer(state, 0))

    def owners(self, answer: bytes) -> tuple[str, ...]:
        return (streams.application(decode(answer, type=Tokened).token),)


class _OneApplicationHandler(Handler[I]):
    """Changes an application that is there."""

    @property
    def exclusive(self) -> tuple[str, ...]:
        return (streams.application(self.intent.token),)

    @property
    def shared(self) -> tuple[str, ...]:
        return (self._keys,)

    @property
    def refs(self) -> tuple[FactRef, ...]:
        return (FactRef(streams.application(self.intent.token)),)

    def _last_fact(self, view: View) -> Known:
        known = view.fact(streams.application(self.intent.token))
        if known is None:
            raise NoSuch("application")
        return known


class RenameApplicationHandler(_OneApplicationHandler[RenameApplication]):
    @property
    def peek(self) -> tuple[str, ...]:
        return (streams.chats(self.intent.token),)

    def decide(self, view: View, at: str) -> Decision:
        known = self._last_fact(view)
        state = application.evolve(None, known.fact)
        facts = application.decide(self.intent, state, at)
        for fact in facts:
            state = application.evolve(state, fact)
        assert state is not None
        chats = view.stream(streams.chats(self.intent.token))
        return Decision(facts, _answer(state, chats.live if chats else 0), known.position)


class DeleteApplicationHandler(_OneApplicationHandler[DeleteApplication]):
    def decide(self, view: View, at: str) -> Decision:
        state = application.evolve(None, self._last_fact(view).fact)
        return Decision(application.decide(self.intent, state, at), b"")
