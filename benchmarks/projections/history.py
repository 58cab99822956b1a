"""A log that is full, and the read models that are made of it."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

from benchmarks.fill import append, facts
from benchmarks.projections.plan import Plan
from benchmarks.projections.servers import Servers
from benchmarks.say import say
from eventstore.open import migrate_log, open_log
from projections.readmodel.open import open_control
from projections.readmodel.store import OwnedControl
from projections.replay import replay
from projections.tail import Tail

NAMES = ("tables", "search")


@dataclass(frozen=True, slots=True)
class History:
    """One history on the servers; its read models are empty until they are built."""

    shape: str
    plan: Plan
    servers: Servers
    log_url: str
    read_url: str
    search_url: str

    @contextmanager
    def tail(self) -> Iterator[Tail]:
        """The log, to be read."""
        with closing(open_log(self.log_url)) as log:
            yield Tail(log)

    @contextmanager
    def control(self) -> Iterator[OwnedControl]:
        """The registry of its read models."""
        with closing(open_control(self.read_url, self.search_url)) as control:
            yield control

    def build(self) -> None:
        """Bring the read models to the log's head, if they are not there."""
        with self.tail() as tail, self.control() as control:
            for name in NAMES:
                live = control.projection(name).live
                with closing(control.generation(name, live, must_be_live=True)) as generation:
                    reached = generation.checkpoint().position
                if reached < tail.log.head():
                    say(f"building {name}")
                    replay(control, tail, name)

    def named(self, measure: str) -> str:
        """The name of a measure of this history."""
        return f"{measure}, {self.shape}"


@contextmanager
def history(servers: Servers, plan: Plan, shape: str) -> Iterator[History]:
    """A new one, gone at the end."""
    with ExitStack() as stack:
        log_url, read_url = (stack.enter_context(servers.database()) for _ in range(2))
        search_url = stack.enter_context(servers.prefix())
        say(f"{shape}: filling a log with {plan.events:,} events")
        migrate_log(log_url)
        append(log_url, facts(plan.messages, plan.chats, plan.hot(shape)))
        yield History(shape, plan, servers, log_url, read_url, search_url)
