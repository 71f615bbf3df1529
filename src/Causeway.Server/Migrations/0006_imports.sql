-- How far imports are that jobs do: kept with each batch in its transaction, so that a try after a crash goes on behind it.

-- up
CREATE TABLE import_progress (
    job_id ordinal_text PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    fence bigint NOT NULL,
    progress text NULL
);

-- down
DROP TABLE import_progress;
