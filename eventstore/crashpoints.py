"""Places where a test can kill the process as a power cut would; without effect unless armed.

`PARLEY_CRASHPOINT=name` kills at the first pass of that point, `name:3` at the third.
"""

import os
import signal

CRASHPOINTS = {
    "append-before-insert": "a batch is decided and nothing of it is written",
    "append-before-commit": "a batch is written and not committed",
    "append-after-commit": "a batch is durable and nobody was told",
    "append-after-publish": "followers were told of a batch, its callers were not",
    "follow-before-apply": "a follower has read a batch and has not applied it",
    "follow-after-apply": "a follower's batch is committed and nobody was told",
    "replay-batch": "a replay has committed a batch of the generation that it builds",
    "replay-finished": "a replay's generation is complete and not live",
    "swap-before-flip": "the live generation is held, the new one is level with it, and not live",
    "swap-after-flip": "the new generation is live, the old one still held",
}
"""Name -> where it is."""

_armed: dict[str, int] = {}


def arm(setting: str | None) -> None:
    """Take the value of PARLEY_CRASHPOINT, at the start of a process. Raises ValueError if it names none."""
    _armed.clear()
    if setting:
        name, _, times = setting.partition(":")
        if name not in CRASHPOINTS or not (times or "1").isdecimal():
            raise ValueError(f"PARLEY_CRASHPOINT={setting}: allowed are {', '.join(CRASHPOINTS)}")
        _armed[name] = int(times or 1)


def crashpoint(name: str) -> None:
    """SIGKILL this process if it was armed for this point."""
    if name in _armed:
        _armed[name] -= 1
        if not _armed[name]:
            os.kill(os.getpid(), signal.SIGKILL)
