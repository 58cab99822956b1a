"""One `traceparent`, from a request to the log, and on to the projectors of other processes."""

import asyncio
from contextlib import closing

from eventstore.open import open_log
from eventstore.origin import unpack
from tests.cluster.cluster import Cluster
from tests.support.cluster_group import ClusterGroup
from tests.support.waiting import until

TRACE = "0af7651916cd43dd8448eb211c80319c"


def test_a_trace_is_found_in_every_log(cluster: Cluster) -> None:
    async def post() -> int:
        async with ClusterGroup(cluster).client() as client:
            headers = {"X-Request-Id": "the-one", "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
            answer = await client.request("POST", "/applications", {"name": "traced"}, headers)
            assert answer.headers["x-request-id"] == "the-one"
            return int(answer.headers["log-position"])

    position = asyncio.run(post())
    with closing(open_log(cluster.log_url)) as log:
        [event] = log.read(position - 1, 1)
    origin = unpack(event.meta)
    assert origin is not None
    assert origin.request_id == "the-one"
    assert origin.traceparent.startswith(f"00-{TRACE}-")
    for role in ("command-api", "projector-tables", "projector-search"):
        logs = [member.log for member in cluster.of(role)]
        until(lambda logs=logs: any(TRACE in log.read_text() for log in logs), f"{role} tells of it")  # type: ignore[misc]
