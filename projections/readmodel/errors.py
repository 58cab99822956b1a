"""What can go wrong in a read model; drivers' errors are translated into these at the adapter, once."""


class ReadModelError(Exception):
    """Base of everything the read models raise."""


class ReadModelUnavailable(ReadModelError):
    """The read model can't answer now; try again later."""


class ReadModelUnreachable(ReadModelUnavailable):
    """No connection to the read models' server could be made; it may come by itself."""


class NotThere(ReadModelError):
    """The position that was asked for was not reached in time."""

    def __init__(self, asked: int, reached: int) -> None:
        super().__init__(f"position {asked} was asked for, {reached} is reached")
        self.asked = asked
        self.reached = reached


class Fenced(ReadModelError):
    """Another follower has moved the checkpoint, or the generation is no longer the live one."""


class WrongFormat(ReadModelError):
    """The stored data has a format that this program must not touch."""


class Misfit(ReadModelError):
    """A change does not fit what is stored: the log or the read model is damaged, trying again won't help."""
