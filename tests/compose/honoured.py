"""What the real images are known to honour: honoured.toml, read."""

import tomllib
from pathlib import Path
from typing import Any

HONOURED: dict[str, dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "honoured.toml").read_text(encoding="utf-8")
)
