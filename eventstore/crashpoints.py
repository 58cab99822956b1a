"""Places where a test can kill the process as a power cut would; without effect unless armed.

`PARLEY_CRASHPOINT=name` kills at the first pass of that point, `name:3` at the third. `name:3:stop` freezes
the process there instead (SIGSTOP), with all that it holds, until it gets SIGCONT; it then goes on.
"""

import os
import signal

CRASHPOINTS = {
    "append-before-insert": "a batch is decided and nothing of it is written",
    "append-before-commit": "a batch is written and not committed (on MySQL, in one packet: not sent)",
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

_SIGNALS = {"": signal.SIGKILL, "stop": signal.SIGSTOP}

_armed: dict[str, int] = {}
_signals: dict[str, signal.Signals] = {}


def arm(setting: str | None) -> None:
    """Take the value of PARLEY_CRASHPOINT, at the start of a process. Raises ValueError if it names none."""
    _armed.clear()
    if setting:
        name, times, action = [*setting.split(":", 2), "", ""][:3]
        if name not in CRASHPOINTS or not (times or "1").isdecimal() or action not in _SIGNALS:
            raise ValueError(f"PARLEY_CRASHPOINT={setting}: allowed are {', '.join(CRASHPOINTS)}")
        _armed[name] = int(times or 1)
        _signals[name] = _SIGNALS[action]


def crashpoint(name: str) -> None:
    """Kill or stop this process if it was armed for this point."""
    if name in _armed:
        _armed[name] -= 1
        if not _armed[name]:
            os.kill(os.getpid(), _signals[name])
