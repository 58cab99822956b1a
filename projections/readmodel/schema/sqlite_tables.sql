CREATE TABLE checkpoint (
    log_id   TEXT NOT NULL,
    position INTEGER NOT NULL,
    event_id BLOB NOT NULL
);

-- AUTOINCREMENT: an id that came back would bring back what was below its dropped owner.
CREATE TABLE applications (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    token       TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    chats_count INTEGER NOT NULL DEFAULT 0,
    created_at  TEXT NOT NULL,
    updated_at  TEXT NOT NULL
);

CREATE TABLE chats (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    app             INTEGER NOT NULL,
    number          INTEGER NOT NULL,
    title           TEXT,
    messages_count  INTEGER NOT NULL DEFAULT 0,
    last_message_at TEXT NOT NULL DEFAULT '',
    created_at      TEXT NOT NULL,
    updated_at      TEXT NOT NULL,
    UNIQUE (app, number)
);

CREATE INDEX chats_by_recency ON chats (app, last_message_at DESC, number);

CREATE TABLE messages (
    chat    INTEGER NOT NULL,
    number  INTEGER NOT NULL,
    version INTEGER NOT NULL,
    json    BLOB NOT NULL,
    PRIMARY KEY (chat, number)
) WITHOUT ROWID;

-- What edits have overwritten.
CREATE TABLE history (
    chat    INTEGER NOT NULL,
    number  INTEGER NOT NULL,
    version INTEGER NOT NULL,
    json    BLOB NOT NULL,
    PRIMARY KEY (chat, number, version)
) WITHOUT ROWID;

-- The owners whose rows are gone and what is below them is not yet.
CREATE TABLE dropped_applications (app INTEGER PRIMARY KEY);
CREATE TABLE dropped_chats (chat INTEGER PRIMARY KEY);
