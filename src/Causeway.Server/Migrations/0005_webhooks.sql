-- Who is told of what happens: endpoints, what happened, and each sending with its tries.

-- up
CREATE TABLE webhooks (
    id ordinal_text PRIMARY KEY,
    url text NOT NULL,
    description text NULL,
    events text NOT NULL,
    rooms text NULL,
    active boolean NOT NULL,
    secrets text NOT NULL,
    failures_in_row bigint NOT NULL,
    open_until bigint NULL,
    last_success_at bigint NULL,
    last_failure_at bigint NULL,
    last_error text NULL,
    created_by ordinal_text NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    version bigint NOT NULL
);
CREATE INDEX webhooks_created_at_idx ON webhooks (created_at, id);

-- Grows with each change of an endpoint, so that every node sees by one number whether it has to read them again.
CREATE TABLE webhook_state (
    id bigint PRIMARY KEY,
    version bigint NOT NULL
);
INSERT INTO webhook_state (id, version) VALUES (1, 0);

-- up sqlite
CREATE TABLE webhook_events (
    number integer PRIMARY KEY AUTOINCREMENT,
    id text NOT NULL,
    type text NOT NULL,
    at bigint NOT NULL,
    sequence bigint NULL,
    data text NOT NULL
);

-- up postgres
CREATE TABLE webhook_events (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL,
    type text NOT NULL,
    at bigint NOT NULL,
    sequence bigint NULL,
    data text NOT NULL
);

-- up
CREATE TABLE webhook_deliveries (
    id ordinal_text PRIMARY KEY,
    webhook_id ordinal_text NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    event bigint NOT NULL REFERENCES webhook_events (number),
    event_type ordinal_text NOT NULL,
    state ordinal_text NOT NULL,
    attempts bigint NOT NULL,
    job_id ordinal_text NULL,
    status bigint NULL,
    duration_ms bigint NULL,
    error text NULL,
    created_at bigint NOT NULL,
    begun_at bigint NOT NULL,
    attempted_at bigint NULL,
    finished_at bigint NULL
);
CREATE INDEX webhook_deliveries_webhook_idx ON webhook_deliveries (webhook_id, created_at, id);
CREATE INDEX webhook_deliveries_event_idx ON webhook_deliveries (event);
CREATE INDEX webhook_deliveries_state_idx ON webhook_deliveries (state, created_at);

CREATE TABLE webhook_attempts (
    delivery_id ordinal_text NOT NULL REFERENCES webhook_deliveries (id) ON DELETE CASCADE,
    number bigint NOT NULL,
    at bigint NOT NULL,
    duration_ms bigint NOT NULL,
    status bigint NULL,
    error text NULL,
    answer text NULL,
    PRIMARY KEY (delivery_id, number)
);

-- down
DROP TABLE webhook_attempts;
DROP TABLE webhook_deliveries;
DROP TABLE webhook_events;
DROP TABLE webhook_state;
DROP TABLE webhooks;
