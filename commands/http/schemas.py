"""What the bodies of requests may hold."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, pre_load
from marshmallow.validate import Length, OneOf

from web.problem import MAX_ERRORS, Problem, pointer

NAME_LENGTH = 255
BODY_LENGTH = 10_000
BATCH_LENGTH = 1000


def _told(kind: str) -> dict[str, Any]:
    """marshmallow's messages of a field that is to be a `kind`, in the words of this API."""
    return {"required": "is required", "null": "must not be null", "invalid": f"must be a {kind}"}


class Text(fields.String):
    """A string of 1 to `most` code points; unless `blank`, not only of white space.

    NUL and lone surrogates were refused with the JSON that brought them.
    """

    default_error_messages = _told("string")

    def __init__(self, most: int, *, blank: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.most = most
        self.blank = blank

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        assert text is not None
        if not self._has_length(text):
            raise ValidationError(f"must have 1 to {self.most} characters")
        if not self._has_ink(text):
            raise ValidationError("must not be only white space")
        return text

    def accepts(self, value: Any) -> bool:
        """Whether it would be loaded as it is."""
        if isinstance(value, str):
            return self._has_length(value) and self._has_ink(value)
        return value is None and self.allow_none

    def _has_length(self, text: str) -> bool:
        return 1 <= len(text) <= self.most

    def _has_ink(self, text: str) -> bool:
        return self.blank or not text.isspace()


class Body(Schema):
    error_messages = {"unknown": "is not known here", "type": "must be a JSON object"}  # noqa: RUF012

    class Meta:
        unknown = RAISE

    @pre_load
    def few_unknown(self, value: Any, **_: Any) -> Any:
        """Without the unknown fields that would not be told of: marshmallow makes an error of each."""
        if not isinstance(value, dict) or len(value) <= len(self.load_fields) + MAX_ERRORS:
            return value
        told = set(islice((name for name in value if name not in self.load_fields), MAX_ERRORS))
        return {name: one for name, one in value.items() if name in told or name in self.load_fields}

    def right(self, value: Any) -> dict[str, Any] | None:
        """The fields, if all of them are right; what is wrong only marshmallow itself can tell.

        Its walk takes ten times as long: an eighth of a POST [measured].
        """
        if not isinstance(value, dict) or not value.keys() <= self.load_fields.keys():
            return None
        fields = {}
        for name, field in self.load_fields.items():
            if name not in value:
                if field.required:
                    return None
                fields[name] = field.load_default
            elif isinstance(field, Text) and field.accepts(value[name]):
                fields[name] = value[name]
            else:
                return None
        return fields


class ApplicationBody(Body):
    name = Text(NAME_LENGTH, required=True)


class KeyBody(Body):
    scope = fields.String(
        required=True,
        validate=OneOf(("read", "write"), error="must be read or write"),
        error_messages=_told("string"),
    )

    def right(self, value: Any) -> dict[str, Any] | None:
        return value if value in ({"scope": "read"}, {"scope": "write"}) else None


class NewChatBody(Body):
    title = Text(NAME_LENGTH, blank=True, allow_none=True, load_default=None)


class ChatBody(Body):
    title = Text(NAME_LENGTH, blank=True, allow_none=True, required=True)


class NewMessageBody(Body):
    body = Text(BODY_LENGTH, required=True)
    sender = Text(NAME_LENGTH, blank=True, allow_none=True, load_default=None)


class Items(fields.List[Any]):
    """A list whose length is looked at before its items, and these only until 20 of them are wrong."""

    def _deserialize(self, value: Any, *_: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        self._validate(value)
        loaded, wrong = [], {}
        for place, item in enumerate(value):
            try:
                loaded.append(self.inner.deserialize(item, **kwargs))
            except ValidationError as error:
                wrong[place] = error.messages
                if len(wrong) == MAX_ERRORS:
                    break
        if wrong:
            raise ValidationError(wrong)
        return loaded


class BatchBody(Body):
    messages = Items(
        fields.Nested(NewMessageBody),
        required=True,
        validate=Length(1, BATCH_LENGTH, error="must have 1 to {max} messages"),
        error_messages=_told("list"),
    )

    def right(self, value: Any) -> dict[str, Any] | None:
        if not isinstance(value, dict) or value.keys() != {"messages"}:
            return None
        messages = value["messages"]
        if not isinstance(messages, list) or not 1 <= len(messages) <= BATCH_LENGTH:
            return None
        checked = [_MESSAGE.right(message) for message in messages]
        return None if None in checked else {"messages": checked}


_MESSAGE = NewMessageBody()


class MessageBody(Body):
    body = Text(BODY_LENGTH, required=True)


def load(schema: Body, value: Any) -> dict[str, Any]:
    """The checked fields. Raises Problem 422 with a pointer to each wrong one, or to more than can be told."""
    if (fields := schema.right(value)) is not None:
        return fields
    try:
        loaded: dict[str, Any] = schema.load(value)
    except ValidationError as error:
        raise Problem(422, errors=list(_errors(error.messages_dict, value))) from None
    return loaded


def _errors(messages: Mapping[Any, Any], value: Any, above: tuple[str, ...] = ()) -> Iterator[dict[str, str]]:
    """What is wrong with `value`, which is at the path `above`."""
    # As they stand in the body, after what it lacks: marshmallow gives unknown ones in the order of a set.
    places = {name: place for place, name in enumerate(value)} if isinstance(value, dict) else {}
    for name in sorted(messages, key=lambda name: name if isinstance(name, int) else places.get(name, -1)):
        # marshmallow's name for the whole of it, unless it has a field of that name.
        whole = name == "_schema" and not (isinstance(value, dict) and name in value)
        path = above if whole else (*above, str(name))
        if isinstance(messages[name], dict):
            yield from _errors(messages[name], value[name], path)
        else:
            for text in messages[name]:
                yield {"pointer": pointer(*path), "detail": text}
