"""The rules: per intent, it does, it refuses, it stays quiet."""

import msgspec
import pytest

from commands.domain.keyring import MOST_KEYS
from commands.domain.refusals import NoSuch, StaleVersion, TooManyKeys
from commands.intents import (
    AddKey,
    Condition,
    CreateApplication,
    CreateChat,
    DeleteApplication,
    DeleteChat,
    DeleteMessage,
    EditMessage,
    Intent,
    PostMessage,
    RenameApplication,
    RetitleChat,
    RevokeKey,
)
from eventstore.events import (
    ApplicationCreated,
    ApplicationDeleted,
    ApplicationRenamed,
    ChatCreated,
    ChatDeleted,
    ChatRetitled,
    Fact,
    KeyAdded,
    KeyRevoked,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
)
from tests.support.scenario import given

T = "t" * 43
APPLICATION = ApplicationCreated(token=T, at="1", name="Acme")
CHAT = ChatCreated(token=T, at="2", number=1, title="Support")
MESSAGE = MessageCreated(token=T, at="3", chat=1, number=1, body="hello", sender="ann")
EDIT = MessageEdited(token=T, at="4", chat=1, number=1, version=2, body="hallo", sender="ann", created_at="3")
KEY = KeyAdded(token=T, at="5", id="a" * 16, scope="read", hash="5e" * 32)
WORLD: tuple[Fact, ...] = (APPLICATION, CHAT, MESSAGE)

DOES: list[tuple[tuple[Fact, ...], Intent, Fact]] = [
    ((), CreateApplication(token=T, name="Acme"), ApplicationCreated(token=T, at="now", name="Acme")),
    (
        WORLD,
        RenameApplication(token=T, name="New"),
        ApplicationRenamed(token=T, at="now", name="New", created_at="1"),
    ),
    (WORLD, DeleteApplication(token=T), ApplicationDeleted(token=T, at="now")),
    (WORLD, CreateChat(token=T, title="b"), ChatCreated(token=T, at="now", number=2, title="b")),
    (
        (*WORLD, ChatDeleted(token=T, at="5", number=1)),
        CreateChat(token=T),
        ChatCreated(token=T, at="now", number=2, title=None),
    ),
    (
        WORLD,
        RetitleChat(token=T, number=1, title=None),
        ChatRetitled(token=T, at="now", number=1, title=None, created_at="2"),
    ),
    (WORLD, DeleteChat(token=T, number=1), ChatDeleted(token=T, at="now", number=1)),
    (
        WORLD,
        PostMessage(token=T, chat=1, body="x", sender=None),
        MessageCreated(token=T, at="now", chat=1, number=2, body="x", sender=None),
    ),
    (
        (*WORLD, MessageDeleted(token=T, at="5", chat=1, number=1)),
        PostMessage(token=T, chat=1, body="x"),
        MessageCreated(token=T, at="now", chat=1, number=2, body="x", sender=None),
    ),
    (
        WORLD,
        EditMessage(token=T, chat=1, number=1, body="hallo"),
        MessageEdited(
            token=T, at="now", chat=1, number=1, version=2, body="hallo", sender="ann", created_at="3"
        ),
    ),
    (
        (*WORLD, EDIT),
        EditMessage(token=T, chat=1, number=1, body="salut", condition=Condition(among=frozenset({2}))),
        MessageEdited(
            token=T, at="now", chat=1, number=1, version=3, body="salut", sender="ann", created_at="3"
        ),
    ),
    (WORLD, DeleteMessage(token=T, chat=1, number=1), MessageDeleted(token=T, at="now", chat=1, number=1)),
    (
        WORLD,
        AddKey(token=T, id="b" * 16, scope="write", hash="5e" * 32),
        KeyAdded(token=T, at="now", id="b" * 16, scope="write", hash="5e" * 32),
    ),
    ((*WORLD, KEY), RevokeKey(token=T, id=KEY.id), KeyRevoked(token=T, at="now", id=KEY.id)),
]

QUIET: list[tuple[tuple[Fact, ...], Intent]] = [
    (WORLD, RenameApplication(token=T, name="Acme")),
    (WORLD, RetitleChat(token=T, number=1, title="Support")),
    (WORLD, EditMessage(token=T, chat=1, number=1, body="hello")),
    ((*WORLD, EDIT), EditMessage(token=T, chat=1, number=1, body="hallo")),
]

BELOW: list[Intent] = [
    RenameApplication(token=T, name="x"),
    DeleteApplication(token=T),
    CreateChat(token=T),
    RetitleChat(token=T, number=1, title="x"),
    DeleteChat(token=T, number=1),
    PostMessage(token=T, chat=1, body="x"),
    EditMessage(token=T, chat=1, number=1, body="x"),
    DeleteMessage(token=T, chat=1, number=1),
    AddKey(token=T, id="b" * 16, scope="read", hash="5e" * 32),
    RevokeKey(token=T, id=KEY.id),
]


@pytest.mark.parametrize(("facts", "intent", "fact"), DOES)
def test_an_intent_makes_its_fact(facts: tuple[Fact, ...], intent: Intent, fact: Fact) -> None:
    assert given(*facts).when(intent).facts == (fact,)


@pytest.mark.parametrize(("facts", "intent"), QUIET)
def test_an_intent_that_changes_nothing_makes_no_fact(facts: tuple[Fact, ...], intent: Intent) -> None:
    decision = given(*facts).when(intent)
    assert decision.facts == ()
    assert decision.position == -len(facts) or isinstance(intent, RenameApplication | RetitleChat)


@pytest.mark.parametrize("intent", BELOW)
def test_nothing_below_a_deleted_application_can_change(intent: Intent) -> None:
    with pytest.raises(NoSuch) as refusal:
        given(*WORLD, ApplicationDeleted(token=T, at="5")).when(intent)
    assert refusal.value.kind == "application"


@pytest.mark.parametrize("intent", BELOW)
def test_nothing_below_an_unknown_application_can_change(intent: Intent) -> None:
    with pytest.raises(NoSuch) as refusal:
        given().when(intent)
    assert refusal.value.kind == "application"


@pytest.mark.parametrize("facts", [(), (KEY, KeyRevoked(token=T, at="6", id=KEY.id))])
def test_a_key_that_is_not_there_or_was_revoked_is_missed(facts: tuple[Fact, ...]) -> None:
    with pytest.raises(NoSuch) as refusal:
        given(*WORLD, *facts).when(RevokeKey(token=T, id=KEY.id))
    assert refusal.value.kind == "key"


def test_an_application_has_so_many_keys_and_no_more() -> None:
    keys = [KeyAdded(token=T, at="5", id=f"{n:016x}", scope="read", hash="5e" * 32) for n in range(MOST_KEYS)]
    another = AddKey(token=T, id="b" * 16, scope="read", hash="5e" * 32)
    with pytest.raises(TooManyKeys):
        given(*WORLD, *keys).when(another)
    assert given(*WORLD, *keys, KeyRevoked(token=T, at="6", id=keys[0].id)).when(another).facts


def test_a_key_is_told_once() -> None:
    answer = msgspec.json.decode(
        given(*WORLD).when(AddKey(token=T, id=KEY.id, scope="read", hash=KEY.hash)).answer
    )
    assert answer == {"id": KEY.id, "scope": "read", "key": "the key", "created_at": "now"}


@pytest.mark.parametrize("intent", BELOW[3:8])
def test_nothing_below_a_deleted_chat_can_change(intent: Intent) -> None:
    with pytest.raises(NoSuch) as refusal:
        given(*WORLD, ChatDeleted(token=T, at="5", number=1)).when(intent)
    assert refusal.value.kind == "chat"


@pytest.mark.parametrize("intent", BELOW[6:8])
def test_a_deleted_message_stays_deleted(intent: Intent) -> None:
    with pytest.raises(NoSuch) as refusal:
        given(*WORLD, MessageDeleted(token=T, at="5", chat=1, number=1)).when(intent)
    assert refusal.value.kind == "message"


@pytest.mark.parametrize("intent", BELOW[6:8])
@pytest.mark.parametrize(
    "condition",
    [
        Condition(among=frozenset()),
        Condition(among=frozenset({1, 3})),
        Condition(outside=frozenset({2})),
        Condition(among=frozenset({2}), outside=frozenset({2})),
        Condition(absent=True),
    ],
)
def test_a_stale_version_is_refused(intent: Intent, condition: Condition) -> None:
    with pytest.raises(StaleVersion):
        given(*WORLD, EDIT).when(msgspec.structs.replace(intent, condition=condition))


@pytest.mark.parametrize("intent", [CreateApplication(token=T, name="x"), *BELOW[:6], *BELOW[8:]])
@pytest.mark.parametrize("condition", [Condition(among=frozenset({1})), Condition(absent=True)])
def test_what_has_no_versions_is_at_none(intent: Intent, condition: Condition) -> None:
    with pytest.raises(StaleVersion):
        given(*WORLD, KEY).when(msgspec.structs.replace(intent, condition=condition))


@pytest.mark.parametrize("intent", BELOW)
def test_what_is_not_there_is_missed_before_a_condition_is_looked_at(intent: Intent) -> None:
    with pytest.raises(NoSuch):
        given().when(msgspec.structs.replace(intent, condition=Condition(among=frozenset())))


def test_a_stale_edit_is_refused_even_if_it_would_change_nothing() -> None:
    with pytest.raises(StaleVersion):
        given(*WORLD, EDIT).when(
            EditMessage(token=T, chat=1, number=1, body="hallo", condition=Condition(among=frozenset({1})))
        )


def test_answers_count_what_exists_now() -> None:
    world = given(
        *WORLD,
        MessageCreated(token=T, at="4", chat=1, number=2, body="x", sender=None),
        MessageDeleted(token=T, at="5", chat=1, number=2),
        ChatCreated(token=T, at="6", number=2, title=None),
        ChatDeleted(token=T, at="7", number=2),
    )
    chat = msgspec.json.decode(world.when(RetitleChat(token=T, number=1, title="x")).answer)
    assert (chat["messages_count"], chat["last_message_at"]) == (1, "4")
    application = msgspec.json.decode(world.when(RenameApplication(token=T, name="x")).answer)
    assert application["chats_count"] == 1
