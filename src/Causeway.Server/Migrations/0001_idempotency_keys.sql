-- Which requests were made under which Idempotency-Key, and what they were answered. Request and answer are sealed: only whoever knows
-- the key again can read them. A row without a status belongs to a request that runs.

-- up
CREATE TABLE idempotency_keys (
    id ordinal_text PRIMARY KEY,
    fingerprint text NOT NULL,
    sealed_by text NOT NULL,
    claim text NOT NULL,
    lease_until bigint NOT NULL,
    expires_at bigint NOT NULL,
    status bigint,
    content_type text,
    location text,
    etag text,
    body bytea NOT NULL
);
CREATE INDEX idempotency_keys_expires_at_idx ON idempotency_keys (expires_at);

-- down
DROP TABLE idempotency_keys;
