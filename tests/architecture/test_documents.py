"""What the documents name is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "*/README.md")
    for path in ROOT.glob(pattern)
    if ".venv" not in path.parts
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", document.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (document.parent / target).exists(), target


@pytest.mark.parametrize("document", sorted(ROOT.glob("*/README.md")), ids=lambda path: path.parent.name)
def test_files_in_a_rooms_table_are_there(document: Path) -> None:
    room = document.parent
    for cell in re.findall(r"^\| (`[^|]+`) \|", document.read_text(encoding="utf-8"), re.MULTILINE):
        for name in re.findall(r"`([\w./*]+\.py|[\w/]+/)`", cell):
            assert list(room.glob(name)), f"{room.name}: {name}"


def test_every_setting_that_is_read_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    read = set()
    for path in ROOT.glob("*/**/settings.py"):
        if ".venv" not in path.parts:
            read |= set(re.findall(r'"(PARLEY_[A-Z_]+)"', path.read_text(encoding="utf-8")))
    assert read
    assert {name for name in read if name not in readme} == set()
