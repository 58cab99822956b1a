"""The API's suites through the gateway of docker-compose.yml."""

import inspect

import pytest

from tests.e2e import test_answers, test_error_table, test_exact_numbers, test_idempotency

pytestmark = pytest.mark.long

SUITES = (test_error_table, test_idempotency, test_exact_numbers, test_answers)
ADDRESSES = {"group", "door"}


def _of_an_address(function: object) -> bool:
    """Whether a test asks for an address, and for nothing that makes a server of its own."""
    if not inspect.isfunction(function) or not function.__name__.startswith("test_"):
        return False
    marks = [mark for mark in getattr(function, "pytestmark", []) if mark.name == "parametrize"]
    given = {name.strip() for mark in marks for name in _names(mark.args[0])}
    return bool(ADDRESSES & inspect.signature(function).parameters.keys()) and not (
        inspect.signature(function).parameters.keys() - ADDRESSES - given
    )


def _names(argument: str | tuple[str, ...]) -> list[str]:
    return argument.split(",") if isinstance(argument, str) else list(argument)


for _suite in SUITES:
    _short = _suite.__name__.rpartition(".")[2].removeprefix("test_")
    for _name, _function in vars(_suite).items():
        if _of_an_address(_function):
            globals()[f"{_name}_of_{_short}"] = _function
