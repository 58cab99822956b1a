"""What the work on projections refuses to do."""


class AlreadyRunning(Exception):
    """Another process does the same work on this projection."""


class NothingToRollBackTo(Exception):
    """There is no earlier generation that could be made live."""
