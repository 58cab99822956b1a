"""What `parley status` knows that is a reason to act: servers away, projections behind or rewound."""

from typing import Any

from engines.finding import Finding
from projections.status import Status

MOST_LAG_SECONDS = 5.0


def follower_findings(status: Status) -> list[Finding]:
    """Of what `survey` gives."""
    found = [_away(server) for server in status["servers"] if server["error"]]
    head = status["head"]
    for one in status["projections"]:
        place = f"projection {one['name']}"
        position = one["position"]
        if one["error"]:
            cure = "Its server is away, or its projector's log says more."
            found.append(Finding("error", place, one["error"], cure))
        if head is not None and position is not None and position > head:
            told = f"it is at {position}, after the log's head {head}: the log was rewound"
            found.append(Finding("error", place, told, f"parley replay {one['name']}"))
        if (one["lag_seconds"] or 0) > MOST_LAG_SECONDS:
            told = f"it is {one['lag_events']} events, {one['lag_seconds']:.0f} s, behind"
            cure = f"Start parley projector {one['name']}; if it runs, its log says what holds it up."
            found.append(Finding("warning", place, told, cure))
        if one["parked"]:
            told = f"the search engine refuses {len(one['parked'])} documents: {one['parked'][0]}"
            cure = "parley status names each and why; parley replay search tries them again."
            found.append(Finding("warning", place, told, cure))
    return found


def _away(server: dict[str, Any]) -> Finding:
    cure = (
        f"Start {server['kind']} at {server['address']}, or correct its URL; its error says what is missing."
    )
    return Finding("error", server["role"], server["error"], cure)
