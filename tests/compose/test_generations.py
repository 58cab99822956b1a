"""The older Compose brings the same file up, too."""

from pathlib import Path

import pytest

from tests.compose.conftest import new_stack
from tests.compose.engine import Engine
from tests.compose.group import StackGroup
from tests.e2e import test_story
from tests.services.ports import PRIVATE, free_port

pytestmark = pytest.mark.long


def test_compose_1_29_brings_it_up(engine: Engine, tmp_path: Path) -> None:
    for stack in new_stack(engine, tmp_path / "older", "1.29", free_port(PRIVATE)):
        assert stack.ailing() == []
        test_story.test_the_story_runs_as_written(StackGroup(stack))
