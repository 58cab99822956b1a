"""The commands of docs/operations.md, as they stand there."""

import re

from tests.services.files import CHECKOUT

DOCUMENT = CHECKOUT / "docs" / "operations.md"


def commands(heading: str) -> list[str]:
    """The lines of the shell blocks under a heading, without their comments."""
    text = DOCUMENT.read_text(encoding="utf-8")
    section = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert section, f"{DOCUMENT.name} has no {heading!r}"
    blocks = re.findall(r"```sh\n(.*?)```", section[1], re.DOTALL)
    lines = [re.sub(r"\s+# .*", "", line) for block in blocks for line in block.splitlines()]
    assert lines, f"no commands under {heading!r}"
    return lines
