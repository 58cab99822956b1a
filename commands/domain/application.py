"""An application: stream `application/{token}`."""

from msgspec import Struct

from commands.domain.refusals import NoSuch, require
from commands.intents import CreateApplication, DeleteApplication, RenameApplication
from eventstore.events import ApplicationCreated, ApplicationDeleted, ApplicationRenamed, Fact


class Application(Struct, frozen=True):
    token: str
    name: str
    created_at: str
    updated_at: str


def decide(
    intent: CreateApplication | RenameApplication | DeleteApplication,
    application: Application | None,
    at: str,
) -> tuple[Fact, ...]:
    """The facts that the intent makes of the application; none if it changes nothing.

    Raises NoSuch, or StaleVersion.
    """
    if isinstance(intent, CreateApplication):
        require(intent.condition)
        return (ApplicationCreated(token=intent.token, at=at, name=intent.name),)
    if application is None:
        raise NoSuch("application")
    require(intent.condition)
    if isinstance(intent, DeleteApplication):
        return (ApplicationDeleted(token=intent.token, at=at),)
    if intent.name == application.name:
        return ()
    return (
        ApplicationRenamed(token=intent.token, at=at, name=intent.name, created_at=application.created_at),
    )


def evolve(application: Application | None, fact: Fact) -> Application | None:
    """The application after the fact; any of its facts is enough, an earlier state is not needed."""
    match fact:
        case ApplicationCreated():
            return Application(fact.token, fact.name, fact.at, fact.at)
        case ApplicationRenamed():
            return Application(fact.token, fact.name, fact.created_at, fact.at)
        case ApplicationDeleted():
            return None
    return application
