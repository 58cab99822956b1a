"""Compression: who takes gzip, by RFC 9110."""

import pytest

from web.compression import takes_gzip


@pytest.mark.parametrize(
    "header",
    [
        "gzip",
        "GZIP",
        "x-gzip",
        "*",
        "deflate, gzip;q=0.1",
        "gzip;q=1.000",
        " gzip ; q=0.5 ",
        "br;q=1.0, *;q=0.2",
    ],
)
def test_taken(header: str) -> None:
    assert takes_gzip(header)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "identity",
        "br",
        "gzip;q=0",
        "gzip;q=0.000",
        "*;q=0",
        "gzip;q=0, *",
        "identity, gzip;q=0.5",
        "gzip;q=2",
        "gzip;q=",
        "gzip;level=1",
        "gzip gzip",
        " " * 50_000 + "!",
    ],
)
def test_not_taken(header: str | None) -> None:
    assert not takes_gzip(header)
