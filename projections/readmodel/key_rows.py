"""The list of an application's keys, whatever engine its keyring came from."""

from projections.readmodel.documents import key_json
from projections.readmodel.keyring import keyring
from projections.readmodel.views import KeyRow


def key_rows(text: str | bytes | None, after: tuple[str, str] | None, limit: int) -> list[KeyRow]:
    """The keys in the text of a keyring (None: there never was one), the oldest first, those behind `after`.

    By time and id, not as they were added: a place in the list is one, even once its key is revoked.
    """
    keys = {} if text is None else keyring(text)
    places = sorted((key.created_at, identity) for identity, key in keys.items())
    behind = [place for place in places if after is None or place > after]
    return [
        KeyRow(created_at, identity, key_json(identity, keys[identity].scope, created_at))
        for created_at, identity in behind[:limit]
    ]
