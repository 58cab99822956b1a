-- Of a generation whose rows are not in a file: how far it is followed, and up to where readers find everything.
CREATE TABLE checkpoint (
    log_id     TEXT NOT NULL,
    position   INTEGER NOT NULL,
    event_id   BLOB NOT NULL,
    searchable INTEGER NOT NULL DEFAULT 0
);
