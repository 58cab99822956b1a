CREATE TABLE checkpoint (
    log_id   TEXT NOT NULL,
    position INTEGER NOT NULL,
    event_id BLOB NOT NULL
);

-- AUTOINCREMENT: an id that came back would bring back what was below its dropped owner.
CREATE TABLE chats (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    token  TEXT NOT NULL,
    number INTEGER NOT NULL,
    UNIQUE (token, number)
);

-- The id is chat << 32 | number. Nothing but the text is here: a short needle reads all of a chat's.
CREATE TABLE texts (
    id   INTEGER PRIMARY KEY,
    norm TEXT NOT NULL
);

CREATE TABLE documents (
    id   INTEGER PRIMARY KEY,
    json BLOB NOT NULL
);

-- The chats whose rows are gone and what is below them is not yet.
CREATE TABLE dropped_chats (chat INTEGER PRIMARY KEY);
