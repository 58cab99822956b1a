"""The embedded engine and the cluster are one Parley: for one run of commands they give the same answers."""

import random
import re
from pathlib import Path

import pytest

from tests.support.all_reads import Reads
from tests.support.asked_alike import Differs, Request
from tests.support.both_engines import both_engines
from tests.support.known import Known
from tests.support.random_commands import Commands

COMMANDS = 1000
ADMIN_KEY = "an admin key of the test"
# Far from the machine's own time, which nothing of this may show.
START = 2_208_988_800_000_000
JUMPS = (0, 1, 1000, 1_000_000, 3_600_000_000, -5_000_000)
ALL_STATUSES = {200, 201, 204, 304, 400, 401, 404, 405, 412, 413, 415, 422, 503}


@pytest.mark.parametrize(
    "seed", [20261124, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 5))]
)
def test_a_thousand_commands_and_all_reads_are_answered_alike(tmp_path: Path, seed: int) -> None:
    print(f"seed {seed}")  # noqa: T201 - shown where the test fails
    dice, known, now = random.Random(seed), Known(), START
    commands = Commands(dice, known, ADMIN_KEY)
    with both_engines(tmp_path, ADMIN_KEY) as (alike, told):
        reads = Reads(alike, known, dice, {"Authorization": f"Bearer {ADMIN_KEY}"})
        for number in range(1, COMMANDS + 1):
            now += dice.choice(JUMPS)
            told.tell(now, commands.token())
            request = commands.next()
            answer = alike.command(request)
            known.learn(request, answer)
            if answer.status < 300 and dice.random() < 0.2:
                reads.around(answer.headers.get("location", request.target))
            if number == COMMANDS // 2:
                reads.everything()
        reads.everything()

        assert alike.statuses.keys() >= ALL_STATUSES
        # What is different would have been seen.
        with pytest.raises(Differs):
            alike.read(Request("GET", "/readyz"))
    for said in tmp_path.glob("*.log"):
        assert not re.search("Traceback|ERROR", said.read_text(encoding="utf-8")), said
