"""The stack as a group of one server: its gateway."""

from contextlib import closing

from eventstore.open import open_log
from tests.compose.stack import Stack
from tests.support.group import Group
from tests.support.server import eventually


class StackGroup(Group):
    """Its clients know one address. What they read may be older than what they have just done, unless they say."""

    trails = True

    def __init__(self, stack: Stack) -> None:
        super().__init__([stack])
        self.stack = stack

    def restart(self) -> None:
        """Kill all processes of Parley's; they are started again."""
        for service in ("command-api", "query-api", "projector-tables", "projector-search", "scheduler"):
            for container in self.stack.containers(service):
                container.kill()
        self.stack.ready()

    def verify(self) -> None:
        self.stack.parley("verify")

    def settle(self) -> None:
        with closing(open_log(self.stack.log_url())) as log:
            head = log.head()
        eventually(lambda: self._seen() >= head, "all projections have followed")

    def _seen(self) -> int:
        shown = self.stack.readyz().get("projections", {})
        return min((projection["position"] for projection in shown.values()), default=-1)
