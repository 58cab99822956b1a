CREATE TABLE log_head (
    log_id   TEXT NOT NULL,
    position INTEGER NOT NULL
);

-- A number in place of the name keeps the unique index of `events` at a third of its size.
CREATE TABLE streams (
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    live    INTEGER NOT NULL,
    closed  INTEGER NOT NULL
);

CREATE TABLE events (
    position    INTEGER PRIMARY KEY,
    stream      INTEGER NOT NULL REFERENCES streams (id),
    version     INTEGER NOT NULL,
    event_id    BLOB NOT NULL,
    topic       TEXT NOT NULL,
    state       BLOB NOT NULL,
    meta        BLOB,
    recorded_at INTEGER NOT NULL,
    UNIQUE (stream, version)
);

CREATE TABLE commands (
    scope       TEXT NOT NULL,
    key         TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    position    INTEGER NOT NULL,
    answer      BLOB NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) WITHOUT ROWID;

CREATE INDEX commands_by_age ON commands (created_at);
