"""The URL of a search engine, taken apart."""

import pytest

from engines.search_url import parse_search


def test_what_is_left_out_has_a_default() -> None:
    url = parse_search("http://search")
    assert (url.host, url.port, url.https, url.user) == ("search", 9200, False, "")
    assert (url.prefix, url.shards, url.replicas, url.pace) == ("parley_search", 1, None, 0.1)


def test_all_of_it() -> None:
    url = parse_search("https://ann:p%40ss@[::1]:9243/chat-2?shards=3&replicas=1&pace=50&ca=/etc/ca.pem")
    assert (url.host, url.port, url.https, url.user, url.password) == ("::1", 9243, True, "ann", "p@ss")
    assert (url.prefix, url.shards, url.replicas, url.pace, url.ca) == ("chat-2", 3, 1, 0.05, "/etc/ca.pem")
    assert "p@ss" not in repr(url)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://search",
        "http://",
        "http://search:port",
        "http://ann@search",
        "http://search/Upper",
        "http://search/_hidden",
        "http://search/a/b",
        "http://search/a*",
        "http://search/" + "a" * 101,
        "http://search?unknown=1",
        "http://search?shards=-1",
        "http://search?replicas=many",
        "http://search?ca=/etc/ca.pem",
        "http://search#fragment",
    ],
)
def test_what_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r".{10}"):
        parse_search(url)
