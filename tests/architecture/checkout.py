"""What the architecture tests look at: the rooms, their modules, the tracked files."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENDORED = ROOT / "web" / "docs" / "swagger-ui"
"""What others wrote, as they published it."""
ROOMS = ["engines", "eventstore", "commands", "projections", "queries", "web", "parley"]


def modules() -> list[Path]:
    """Paths of all Python files of the rooms, from the checkout's root."""
    return [path.relative_to(ROOT) for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(), filename=str(path))


def tracked_files() -> list[Path]:
    """What git tracks and the checkout holds; in CI the checkout often belongs to another user."""
    listing = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]
