-- One generation's tables; `#` is its number. Ids of applications come from `generations.last_application`, not
-- from AUTO_INCREMENT: a rollback must not make a gap, or a replay would give other ids than following gave.
CREATE TABLE IF NOT EXISTS applications_g# (
    id          INT UNSIGNED NOT NULL PRIMARY KEY,
    token       VARBINARY(255) NOT NULL,
    name        VARCHAR(4000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    chats_count INT NOT NULL,
    created_at  VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    updated_at  VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    app_keys    MEDIUMTEXT CHARACTER SET ascii COLLATE ascii_bin NULL,
    UNIQUE KEY by_token (token)
) ENGINE = InnoDB;

-- Names may be longer than what the API takes today: the log has the say. What is below an owner begins its key with the owner's: a page is one stretch of the table itself.
CREATE TABLE IF NOT EXISTS chats_g# (
    app             INT UNSIGNED NOT NULL,
    number          INT UNSIGNED NOT NULL,
    title           VARCHAR(4000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    messages_count  INT NOT NULL,
    last_message_at VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    created_at      VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    updated_at      VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    PRIMARY KEY (app, number)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS messages_g# (
    app     INT UNSIGNED NOT NULL,
    chat    INT UNSIGNED NOT NULL,
    number  INT UNSIGNED NOT NULL,
    version INT UNSIGNED NOT NULL,
    json    MEDIUMBLOB NOT NULL,
    PRIMARY KEY (app, chat, number)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

-- What edits have overwritten.
CREATE TABLE IF NOT EXISTS history_g# (
    app     INT UNSIGNED NOT NULL,
    chat    INT UNSIGNED NOT NULL,
    number  INT UNSIGNED NOT NULL,
    version INT UNSIGNED NOT NULL,
    json    MEDIUMBLOB NOT NULL,
    PRIMARY KEY (app, chat, number, version)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

-- The owners whose rows are gone and what is below them is not yet.
CREATE TABLE IF NOT EXISTS dropped_applications_g# (
    app INT UNSIGNED NOT NULL PRIMARY KEY
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS dropped_chats_g# (
    app  INT UNSIGNED NOT NULL,
    chat INT UNSIGNED NOT NULL,
    PRIMARY KEY (app, chat)
) ENGINE = InnoDB
