INSERT IGNORE INTO log_head (id, log_id, position, streams) VALUES (1, LOWER(HEX(RANDOM_BYTES(16))), 0, 0)
