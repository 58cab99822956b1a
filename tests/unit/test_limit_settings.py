"""The settings of limits and of CORS: defaults, and what stops the start."""

import pytest

from eventstore.settings import WrongSetting
from parley.settings import api_settings
from web.limiter import UNLIMITED


def test_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    assert api_settings().quotas == UNLIMITED
    assert api_settings().origins == frozenset()
    monkeypatch.setenv("PARLEY_OPEN", "1")
    for public in (api_settings(host="0.0.0.0").quotas, published(monkeypatch)):
        assert [str(item) for items in public for item in items] == [
            "1000 per 1 second",
            "2000 per 1 second",
            "100 per 1 minute",
        ]


def published(monkeypatch: pytest.MonkeyPatch) -> object:
    """Behind a gateway that others can reach."""
    monkeypatch.setenv("PARLEY_PUBLISHED", "192.0.2.1")
    return api_settings().quotas


def test_what_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_LIMIT_KEY", "1000/second;30000/minute")
    monkeypatch.setenv("PARLEY_LIMIT_ADDRESS", "none")
    monkeypatch.setenv("PARLEY_CORS_ORIGINS", "https://a.example, http://localhost:5173")
    settings = api_settings()
    assert [item.get_expiry() for item in settings.quotas.key] == [1, 60]
    assert settings.quotas.address == settings.quotas.failures == ()
    assert settings.origins == {"https://a.example", "http://localhost:5173"}


@pytest.mark.parametrize("name", ["PARLEY_LIMIT_KEY", "PARLEY_LIMIT_ADDRESS", "PARLEY_LIMIT_FAILURES"])
@pytest.mark.parametrize(
    "value",
    ["1000", "many/second", "0/second", "-1/second", "1/second;2/second", "1/year", "1/second;", "١/second"],
)
def test_wrong_limits(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongSetting, match=f"{name} is .*none, or up to 4 limits"):
        api_settings()


@pytest.mark.parametrize(
    "value",
    ["evil.example", "https://a.example/", "https://A.example", "https://a.example:", "https://*.a", "null"],
)
def test_wrong_origins(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PARLEY_CORS_ORIGINS", value)
    with pytest.raises(WrongSetting, match=r"PARLEY_CORS_ORIGINS is .* are\s+allowed"):
        api_settings()
