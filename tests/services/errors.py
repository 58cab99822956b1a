"""What can go wrong with a server; every text ends in what to do next."""


class ServiceError(Exception):
    """The server can't be had, or did not start."""


class NotInstalled(ServiceError):
    """Nothing on this machine can run it, and nothing was installed."""
