"""Highlights are one more field of the message, whose own bytes stay as they are."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from projections.readmodel.highlights import highlights
from projections.readmodel.views import Hit
from queries.http.search import highlighted

TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)


@given(body=TEXT, q=TEXT)
def test_spliced(body: str, q: str) -> None:
    message = orjson.dumps({"number": 1, "body": body})

    spliced = highlighted(Hit(1, body, message), q)

    assert spliced.startswith(message[:-1])
    assert orjson.loads(spliced) == {
        "number": 1,
        "body": body,
        "highlights": [list(span) for span in highlights(body, q)],
    }
