"""Removes what is below owners that were dropped from the read tables."""

from projections.readmodel.mysql_session import MySQLSession


def purge(session: MySQLSession, generation: int, limit: int) -> int:
    """Make at most `limit` steps in the open transaction; how many were made: 0 if nothing is left.

    The rows, the chats and the applications count alike: an owner without rows takes its time, too.
    """
    done = 0
    while done < limit and (
        some := _purge_chat(session, generation, limit - done)
        or _purge_application(session, generation, limit - done)
    ):
        done += some
    return done


def _purge_chat(session: MySQLSession, generation: int, limit: int) -> int:
    """Rows of a dropped chat; its mark once they are gone."""
    found = session.rows(f"SELECT app, chat FROM dropped_chats_g{generation} LIMIT 1")
    if not found:
        return 0
    [(app, chat)] = found
    where = f"app = {app} AND chat = {chat}"
    return _purge(
        session,
        limit,
        f"DELETE FROM history_g{generation} WHERE {where} ORDER BY number, version",
        f"DELETE FROM messages_g{generation} WHERE {where} ORDER BY number",
        f"DELETE FROM dropped_chats_g{generation} WHERE {where} ORDER BY app, chat",
    )


def _purge_application(session: MySQLSession, generation: int, limit: int) -> int:
    """Rows and chats of a dropped application; its mark once they are gone."""
    found = session.rows(f"SELECT app FROM dropped_applications_g{generation} LIMIT 1")
    if not found:
        return 0
    [(app,)] = found
    return _purge(
        session,
        limit,
        f"DELETE FROM history_g{generation} WHERE app = {app} ORDER BY chat, number, version",
        f"DELETE FROM messages_g{generation} WHERE app = {app} ORDER BY chat, number",
        f"DELETE FROM chats_g{generation} WHERE app = {app} ORDER BY number",
        f"DELETE FROM dropped_applications_g{generation} WHERE app = {app} ORDER BY app",
    )


def _purge(session: MySQLSession, limit: int, *deletes: str) -> int:
    """Each from where the one before has left nothing, until `limit` rows are removed; how many were."""
    removed = 0
    for delete in deletes:
        if removed < limit:
            removed += session.change(f"{delete} LIMIT {limit - removed}")
    return removed
