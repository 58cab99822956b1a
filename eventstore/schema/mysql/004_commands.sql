CREATE TABLE IF NOT EXISTS commands (
    scope       VARBINARY(255) NOT NULL,
    name        VARBINARY(255) NOT NULL,
    fingerprint VARBINARY(64) NOT NULL,
    position    BIGINT UNSIGNED NOT NULL,
    answer      MEDIUMBLOB NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (scope, name),
    KEY by_age (created_at)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC
