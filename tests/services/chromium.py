"""Chromium, in which pages are looked at; it is run for each look and serves nobody."""

from typing import ClassVar

from tests.services.program import Program


class Chromium(Program):
    """Debian's browser."""

    name = "chromium"
    programs: ClassVar[dict[str, str]] = {"chromium": "chromium"}
