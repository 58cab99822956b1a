"""What errors of MySQL and MariaDB mean, by their numbers (`mysqld_error.h`, `errmsg.h`)."""

from pymysql.err import Error, InterfaceError

DUPLICATE_KEY = 1062
LOCK_TIMEOUT = 1205
DEADLOCK = 1213
REFUSALS = frozenset({1044, 1045, 1049, 1142, 1251, 1698, 2059, 3118})
"""The server is there and says no: to the database, to the user or password, to the way of logging in."""
_CONNECTION_ENDED = frozenset({1053, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 3169, 4031})
_CLIENT_SIDE = range(2000, 3000)


def code_of(error: Error) -> int:
    """The error's number; 0 if it has none."""
    return error.args[0] if error.args and isinstance(error.args[0], int) else 0


def text_of(error: Error) -> str:
    """The error in one line, for logs."""
    return f"{error.args[1] if len(error.args) > 1 else error} ({code_of(error)})"


def is_lost(error: Error) -> bool:
    """Whether the connection is gone, so that what was sent may have been done or not."""
    code = code_of(error)
    return isinstance(error, InterfaceError) or code in _CLIENT_SIDE or code in _CONNECTION_ENDED
