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

-- The id is chat << 32 | number. Hardly more than the text is here: a short needle reads all of a chat's.
CREATE TABLE texts (
    id       INTEGER PRIMARY KEY,
    document INTEGER NOT NULL,
    norm     TEXT NOT NULL
);

-- In the order of writing, not by chat: a batch that is spread over many chats then changes half the pages.
CREATE TABLE documents (
    id   INTEGER PRIMARY KEY,
    json BLOB NOT NULL
);

-- Every answer is checked against the text itself, so positions within it need not be kept.
CREATE VIRTUAL TABLE trigrams USING fts5 (
    norm, content = 'texts', content_rowid = 'id', tokenize = 'trigram case_sensitive 1', detail = none, columnsize = 0
);

-- A batch of 5,000 messages is one segment, where the default of 1 MB would make it many.
INSERT INTO trigrams (trigrams, rank) VALUES ('hashsize', 16777216);

-- The applications that are gone while their chats still have rows: nobody may see these.
CREATE TABLE dropped_applications (token TEXT PRIMARY KEY) WITHOUT ROWID;
-- The chats whose rows are gone and what is below them is not yet.
CREATE TABLE dropped_chats (chat INTEGER PRIMARY KEY);
