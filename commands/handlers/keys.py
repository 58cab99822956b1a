"""Handlers of what is done to an application's keys; those that are known are at the version of the locked row."""

from commands.admission import NOBODY, Caller
from commands.answers import KeyAnswer, encode
from commands.domain import keyring
from commands.handlers.handler import Handler, require_application
from commands.intents import AddKey, RevokeKey
from eventstore import streams
from eventstore.command import Decision
from eventstore.view import View


class AddKeyHandler(Handler[AddKey]):
    """Answers with the key itself, which is kept nowhere."""

    __slots__ = ("_text",)

    def __init__(self, intent: AddKey, text: str, caller: Caller = NOBODY) -> None:
        super().__init__(intent, caller=caller)
        self._text = text

    @property
    def exclusive(self) -> tuple[str, ...]:
        # Until the first key there is no row that others could hold still, but all of them hold the application's.
        return (streams.application(self.intent.token), self._keys)

    @property
    def shared(self) -> tuple[str, ...]:
        return ()

    def decide(self, view: View, at: str) -> Decision:
        require_application(view, self.intent.token)
        facts = keyring.decide(self.intent, self.keyring, at)
        return Decision(facts, encode(KeyAnswer(self.intent.id, self.intent.scope, self._text, at)))


class RevokeKeyHandler(Handler[RevokeKey]):
    @property
    def exclusive(self) -> tuple[str, ...]:
        return (self._keys,)

    @property
    def shared(self) -> tuple[str, ...]:
        return (streams.application(self.intent.token),)

    def decide(self, view: View, at: str) -> Decision:
        require_application(view, self.intent.token)
        return Decision(keyring.decide(self.intent, self.keyring, at), b"")
