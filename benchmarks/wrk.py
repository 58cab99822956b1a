"""Drives wrk, which takes less of the machine than any client in Python."""

import re
import shutil
import subprocess
import tempfile
from typing import NamedTuple

CONNECTIONS = 64


class NoWrk(Exception):
    """The load generator is not installed."""


class Load(NamedTuple):
    """Requests a second and in all, latencies in milliseconds, and how many answers were not 2xx."""

    rate: float
    requests: int
    p50: float
    p99: float
    errors: int


def wrk(url: str, script: str = "", *, seconds: int = 6, connections: int = CONNECTIONS) -> Load:
    """Load one URL for some seconds; `script` is Lua. Raises NoWrk."""
    if shutil.which("wrk") is None:
        raise NoWrk("wrk is needed to make the load; on Debian: apt-get install wrk")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as lua:
        lua.write(script)
        lua.flush()
        command = [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "--timeout",
            "10s",
            "--latency",
            "-s",
            lua.name,
            url,
        ]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return Load(
        rate=float(_find(r"Requests/sec:\s+([\d.]+)", printed)),
        requests=int(_find(r"(\d+) requests in", printed)),
        p50=_milliseconds(_find(r"\n\s+50%\s+(\S+)", printed)),
        p99=_milliseconds(_find(r"\n\s+99%\s+(\S+)", printed)),
        errors=int(_find(r"Non-2xx or 3xx responses: (\d+)", printed, "0"))
        + sum(map(int, re.findall(r"(?:connect|read|write|timeout) (\d+)", printed))),
    )


def posts(paths: list[str], body: str, key: str | None = None) -> str:
    """Lua that posts the body to the paths in turn, with that key if there is one."""
    listed = ", ".join(f"[[{path}]]" for path in paths)
    shown = "" if key is None else f', ["Authorization"] = "Bearer {key}"'
    return f"""
local paths = {{{listed}}}
local turn = 0
local headers = {{["Content-Type"] = "application/json"{shown}}}
function request()
  turn = turn % #paths + 1
  return wrk.format("POST", paths[turn], headers, [[{body}]])
end
"""


def posts_at_random(paths: list[str], body: str) -> str:
    """Lua that posts the body to a path picked by chance; the requests are made before the load begins."""
    listed = ", ".join(f"[[{path}]]" for path in paths)
    return f"""
local requests = {{}}
function init()
  math.randomseed(7)
  for place, path in ipairs({{{listed}}}) do
    requests[place] = wrk.format("POST", path, {{["Content-Type"] = "application/json"}}, [[{body}]])
  end
end
function request()
  return requests[math.random(#requests)]
end
"""


def gets(pattern: str, most: int) -> str:
    """Lua that gets the pattern with `%d` replaced by 1 to `most`, at random."""
    return f"""
function request()
  return wrk.format("GET", string.format("{pattern}", math.random({most})))
end
"""


def _find(pattern: str, text: str, default: str | None = None) -> str:
    found = re.search(pattern, text)
    if found is None:
        assert default is not None, text
        return default
    return found[1]


def _milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()  # type: ignore[union-attr]
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[unit]
