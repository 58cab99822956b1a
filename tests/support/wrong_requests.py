"""Commands that must be refused whatever there is: bodies, headers and routes that are wrong."""

import json

JSON = {"Content-Type": "application/json"}

BODIES: tuple[bytes, ...] = (
    b"{",
    b"[]",
    b"null",
    b'"x"',
    b"{}",
    b'{"body":"x","name":"x","title":"x"}',
    b'{"body":1,"name":true,"title":[]}',
    b'{"body":null}',
    b'{"body":"","name":"","title":""}',
    b'{"body":" \\t\\u3000","name":"\\u2028"}',
    b'{"body":"x","body":"y"}',
    b'{"body":"\\u0000"}',
    b'{"title":"\\ud83c"}',
    b'{"body":"\\udf63\\ud83c"}',
    b'{"a/b~c":{"x":["\\ud800"]}}',
    b'{"body":"\xff"}',
    b'{"body":"\xed\xa0\x80"}',
    b'\xef\xbb\xbf{"body":"x"}',
    b'{"body":NaN}',
    b'{"body":-Infinity}',
    b'{"body":1e999}',
    b'{"body":' + b"9" * 5_000 + b"}",
    b'{"body":"x"} x',
    b'{"body":"a\nb"}',
    b"{'body':'x'}",
    b"[" * 100_000,
    json.dumps({"body": "x" * 10_001, "name": "x" * 256, "title": "x" * 256}).encode(),
    json.dumps({f"field{number}": number for number in range(50)}).encode(),
)
"""Where a message, a name or a title is asked for; some are right in one place, and wrong in all others."""

TOO_LARGE = b'{"body":"' + b"x" * 256 * 1024 + b'"}'

KINDS: tuple[dict[str, str], ...] = (
    {},
    {"Content-Type": "text/plain"},
    {"Content-Type": "application/x-www-form-urlencoded"},
    {"Content-Type": "application/json; charset=latin-1"},
    {"Content-Type": "application/jsonx"},
    {**JSON, "Content-Encoding": "gzip"},
)

KEYS = ("", "a b", "\u00e9", "x" * 256, "a\tb")
TAGS = ("", "1", '"1', '"1" "2"', ", ,", 'w/"1"', '"1",x')

ROUTES: tuple[tuple[str, str], ...] = (
    ("POST", "/"),
    ("POST", "/nowhere"),
    ("PUT", "/applications"),
    ("DELETE", "/applications"),
    ("POST", "/applications/"),
    ("POST", "//applications"),
    ("POST", "/%61pplications"),
    ("PATCH", "/applications/short"),
    ("POST", "/livez"),
    ("OPTIONS", "/applications"),
    ("OPTIONS", "/livez"),
    ("OPTIONS", "/nowhere"),
    ("TRACE", "/applications"),
    ("PROPFIND", "/applications"),
)

BELOW_APPLICATION: tuple[tuple[str, str], ...] = (
    ("POST", ""),
    ("OPTIONS", ""),
    ("DELETE", "/chats"),
    ("PUT", "/chats"),
    ("OPTIONS", "/chats"),
    ("POST", "/chats/"),
    ("POST", "/chats/1"),
    ("PATCH", "/chats/0"),
    ("PATCH", "/chats/01"),
    ("PATCH", "/chats/+1"),
    ("PATCH", "/chats/1_0"),
    ("PATCH", "/chats/%31"),
    ("PATCH", "/chats/999999999999999999"),
    ("PATCH", "/chats/1000000000000000000"),
    ("POST", "/chats/999999999999999999/messages"),
    ("DELETE", "/chats/1/messages"),
    ("POST", "/chats/1/messages/1"),
    ("POST", "/chats/1/messages/1/history"),
    ("POST", "/chats/1/messages/search"),
    ("OPTIONS", "/chats/1/messages/1"),
    ("OPTIONS", "/chats/1/messages/search"),
    ("DELETE", "/chats/1/messages/999999999999999999"),
    ("PATCH", "/chats/1/messages/999999999999999999"),
    ("PATCH", "/chats/1/messages/none"),
    ("DELETE", "/chats/1/messages/1?x=1"),
)
