-- Jobs that outlive the process, what went wrong with them, and what makes them by the clock.
-- States: 1 waiting, 2 running, 3 scheduled (due later), 4 succeeded, 5 dead, 6 cancelled.

-- up
CREATE TABLE jobs (
    id ordinal_text NOT NULL PRIMARY KEY,
    queue ordinal_text NOT NULL,
    kind ordinal_text NOT NULL,
    args text NOT NULL,
    state bigint NOT NULL,
    priority bigint NOT NULL,
    due_at bigint NOT NULL,
    attempts bigint NOT NULL,
    max_attempts bigint NOT NULL,
    fence bigint NOT NULL,
    worker text NULL,
    lease_until bigint NULL,
    cancel_asked_at bigint NULL,
    unique_key ordinal_text NULL,
    schedule ordinal_text NULL,
    tick bigint NULL,
    trace_parent text NULL,
    progress_done bigint NULL,
    progress_total bigint NULL,
    progress_note text NULL,
    last_error text NULL,
    created_at bigint NOT NULL,
    started_at bigint NULL,
    finished_at bigint NULL
);

CREATE UNIQUE INDEX jobs_unique_key ON jobs (unique_key) WHERE unique_key IS NOT NULL AND state <= 3;
CREATE UNIQUE INDEX jobs_tick_key ON jobs (schedule, tick) WHERE schedule IS NOT NULL;
CREATE INDEX jobs_ready ON jobs (queue, priority DESC, due_at, id) WHERE state = 1;
CREATE INDEX jobs_later ON jobs (due_at) WHERE state = 3;
CREATE INDEX jobs_leases ON jobs (lease_until) WHERE state = 2;
CREATE INDEX jobs_cancels ON jobs (cancel_asked_at) WHERE cancel_asked_at IS NOT NULL;
CREATE INDEX jobs_over ON jobs (state, finished_at) WHERE state >= 4;
CREATE INDEX jobs_created ON jobs (created_at, id);

CREATE TABLE job_failures (
    job_id ordinal_text NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    fence bigint NOT NULL,
    attempt bigint NOT NULL,
    at bigint NOT NULL,
    reason text NOT NULL,
    message text NOT NULL,
    stack text NULL,
    worker text NULL,
    PRIMARY KEY (job_id, fence)
);

CREATE TABLE job_schedules (
    name ordinal_text NOT NULL PRIMARY KEY,
    kind ordinal_text NOT NULL,
    cron text NOT NULL,
    time_zone text NOT NULL,
    paused boolean NOT NULL,
    next_at bigint NULL,
    last_at bigint NULL,
    last_job_id ordinal_text NULL,
    seen_at bigint NOT NULL,
    created_at bigint NOT NULL
);

-- down
DROP TABLE job_schedules;
DROP TABLE job_failures;
DROP TABLE jobs;
