"""Pages are stable while things are inserted: a walk gives each thing of its start exactly once, in order."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.queries.api import TOKEN, Api

SOME = st.integers(0, 12)
LIMITS = st.integers(1, 5)
MESSAGES = f"/applications/{TOKEN}/chats/1/messages"


def walk(api: Api, path: str, insert: Callable[[], None], inserts: list[int]) -> list[Any]:
    """All items from `path` along `next`; between pages things are inserted, as many as `inserts` says."""
    items: list[Any] = []
    left = list(inserts)
    following: str | None = path
    while following is not None:
        answer = api.ok(following)
        items += answer["items"]
        following = answer["next"]
        for _ in range(left.pop() if left else 0):
            insert()
    return items


def appender(put: Callable[[int], None], start: int) -> Callable[[], None]:
    """Puts thing start + 1, start + 2 …, one a call."""
    numbers = iter(range(start + 1, 10_000))
    return lambda: put(next(numbers))


def initial(items: list[Any], name: str, known: list[Any]) -> list[Any]:
    """The walked things that were there at its start, in the order in which they came."""
    return [item[name] for item in items if item[name] in known]


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("route", ["messages", "search"])
@settings(deadline=None, max_examples=30)
@given(count=SOME, limit=LIMITS, inserts=st.lists(SOME, max_size=6))
def test_by_number(route: str, order: str, count: int, limit: int, inserts: list[int]) -> None:
    api = Api()
    api.tables.put_application(TOKEN)
    api.tables.put_chat(TOKEN, 1)
    insert = appender(lambda number: api.tables.put_message(TOKEN, 1, number), 0)
    for _ in range(count):
        insert()
    path = f"{MESSAGES}/search?q=h&" if route == "search" else f"{MESSAGES}?"

    items = walk(api, f"{path}order={order}&limit={limit}", insert, inserts)

    known = list(range(1, count + 1))
    assert initial(items, "number", known) == (known if order == "asc" else known[::-1])
    numbers = [item["number"] for item in items]
    assert numbers == sorted(set(numbers), reverse=order == "desc")


@settings(deadline=None, max_examples=30)
@given(written=st.lists(st.booleans(), max_size=12), limit=LIMITS, inserts=st.lists(SOME, max_size=6))
def test_recent(written: list[bool], limit: int, inserts: list[int]) -> None:
    api = Api()
    api.tables.put_application(TOKEN)
    for number, has_message in enumerate(written, 1):
        api.tables.put_chat(TOKEN, number)
        if has_message:
            api.tables.put_message(TOKEN, number, 1)

    def put(number: int) -> None:
        api.tables.put_chat(TOKEN, number)
        if number % 2:
            api.tables.put_message(TOKEN, number, 1)

    insert = appender(put, len(written))
    items = walk(api, f"/applications/{TOKEN}/chats?order=recent&limit={limit}", insert, inserts)

    silent = [number for number, has_message in enumerate(written, 1) if not has_message]
    spoken = [number for number, has_message in enumerate(written, 1) if has_message]
    assert initial(items, "number", silent + spoken) == spoken[::-1] + silent


@settings(deadline=None, max_examples=30)
@given(count=SOME, limit=LIMITS, inserts=st.lists(SOME, max_size=6))
def test_applications(count: int, limit: int, inserts: list[int]) -> None:
    api = Api()
    insert = appender(lambda number: api.tables.put_application(f"{number:043}"), 0)
    for _ in range(count):
        insert()

    items = walk(api, f"/applications?limit={limit}", insert, inserts)

    known = [f"{number:043}" for number in range(1, count + 1)]
    assert initial(items, "token", known) == known
