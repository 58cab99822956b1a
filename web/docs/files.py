"""The files of the page: read when they are first asked for, compressed once."""

import gzip
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from web.documents import Document

_HERE = Path(__file__).parent
_VENDORED = _HERE / "swagger-ui"
_JAVASCRIPT = "text/javascript; charset=utf-8"
_CSS = "text/css; charset=utf-8"
_PNG = "image/png"
_HTML = "text/html; charset=utf-8"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    # The stylesheet draws its arrows with them.
    " img-src 'self' data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

FILES: Mapping[str, tuple[Path, str]] = {
    "page.js": (_HERE, _JAVASCRIPT),
    "page.css": (_HERE, _CSS),
    "swagger-ui-bundle.js": (_VENDORED, _JAVASCRIPT),
    "swagger-ui.css": (_VENDORED, _CSS),
    "favicon-32x32.png": (_VENDORED, _PNG),
}
"""Name -> (folder, media type): all that is served beside the page itself."""


def page() -> Document:
    """The page: nothing in it is inline, and it may load nothing but what this server has."""
    return Document(
        (_HERE / "page.html").read_bytes(),
        _HTML,
        {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"},
    )


# In every worker that was asked: 2.4 MB at most.
@cache
def document(name: str, packed: bool) -> Document:
    """A name of `FILES`, with gzip if `packed` and worth it: two things with an entity tag each.

    The first call for a name takes up to a tenth of a second.
    """
    folder, media_type = FILES[name]
    data = (folder / name).read_bytes()
    if media_type == _PNG:
        return Document(data, media_type)
    vary = {"Vary": "Accept-Encoding"}
    if not packed:
        return Document(data, media_type, vary)
    # Without the time, so that all processes have the same bytes.
    return Document(gzip.compress(data, mtime=0), media_type, {**vary, "Content-Encoding": "gzip"})
