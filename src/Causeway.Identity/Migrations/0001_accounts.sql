-- Accounts and all that lets somebody in.

-- up
CREATE TABLE roles (
    name ordinal_text NOT NULL PRIMARY KEY,
    description text NULL,
    permissions text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    version bigint NOT NULL
);

INSERT INTO roles (name, description, permissions, created_at, updated_at, version) VALUES
    ('admin', 'May do everything.', '["*"]', 0, 0, 1),
    ('user', 'Whoever registers.', '[]', 0, 0, 1);

CREATE TABLE users (
    id ordinal_text NOT NULL PRIMARY KEY,
    email text NOT NULL,
    email_key ordinal_text NOT NULL,
    name text NULL,
    password_hash text NULL,
    roles text NOT NULL,
    disabled boolean NOT NULL,
    email_verified_at bigint NULL,
    security_version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    last_login_at bigint NULL,
    version bigint NOT NULL
);

CREATE UNIQUE INDEX users_email_key ON users (email_key);
CREATE INDEX users_created ON users (created_at, id);

CREATE TABLE sessions (
    id ordinal_text NOT NULL PRIMARY KEY,
    user_id ordinal_text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind bigint NOT NULL,
    counter bigint NOT NULL,
    rotated_at bigint NOT NULL,
    device text NULL,
    address text NULL,
    created_at bigint NOT NULL,
    last_used_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    ended_at bigint NULL,
    end_reason text NULL
);

CREATE INDEX sessions_user ON sessions (user_id, last_used_at);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE api_keys (
    id ordinal_text NOT NULL PRIMARY KEY,
    prefix ordinal_text NOT NULL,
    hash text NOT NULL,
    name text NOT NULL,
    scopes text NOT NULL,
    owner_id ordinal_text NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    expires_at bigint NULL,
    last_used_at bigint NULL,
    last_used_address text NULL,
    revoked_at bigint NULL,
    version bigint NOT NULL
);

CREATE UNIQUE INDEX api_keys_prefix_key ON api_keys (prefix);
CREATE INDEX api_keys_owner ON api_keys (owner_id);
CREATE INDEX api_keys_created ON api_keys (created_at, id);

-- What a link in a mail stands for. The link itself is nowhere: only its hash.
CREATE TABLE mail_tokens (
    hash ordinal_text NOT NULL PRIMARY KEY,
    kind bigint NOT NULL,
    user_id ordinal_text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    email text NOT NULL,
    security_version bigint NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);

CREATE INDEX mail_tokens_user ON mail_tokens (user_id);
CREATE INDEX mail_tokens_expiry ON mail_tokens (expires_at);

-- When mail was asked for last, so that it is not sent too often.
CREATE TABLE mail_requests (
    user_id ordinal_text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind bigint NOT NULL,
    email text NOT NULL,
    asked_at bigint NOT NULL,
    PRIMARY KEY (user_id, kind, email)
);

CREATE INDEX mail_requests_age ON mail_requests (asked_at);

CREATE TABLE audit_log (
    id ordinal_text NOT NULL PRIMARY KEY,
    at bigint NOT NULL,
    actor text NOT NULL,
    user_id text NULL,
    action text NOT NULL,
    target text NULL,
    outcome text NOT NULL,
    address text NULL,
    request_id text NULL,
    details text NULL
);

CREATE INDEX audit_log_at ON audit_log (at, id);
CREATE INDEX audit_log_user ON audit_log (user_id, at);

-- up sqlite
CREATE TABLE access_changes (
    number integer PRIMARY KEY AUTOINCREMENT,
    kind bigint NOT NULL,
    user_id text NULL,
    session_id text NULL,
    api_key_id text NULL,
    at bigint NOT NULL
);

CREATE TRIGGER audit_log_stays BEFORE UPDATE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'the audit log only grows');
END;

CREATE TRIGGER audit_log_is_kept BEFORE DELETE ON audit_log
WHEN OLD.at > (CAST(strftime('%s', 'now') AS integer) - 86400) * 1000
BEGIN
    SELECT RAISE(ABORT, 'the audit log only grows');
END;

-- up postgres
CREATE TABLE access_changes (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind bigint NOT NULL,
    user_id text NULL,
    session_id text NULL,
    api_key_id text NULL,
    at bigint NOT NULL
);

CREATE TABLE signing_keys (
    id ordinal_text NOT NULL PRIMARY KEY,
    key text NOT NULL,
    made_at bigint NOT NULL
);

CREATE FUNCTION audit_log_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at <= (extract(epoch FROM now()) - 86400) * 1000 THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit log only grows';
END
$$;

CREATE TRIGGER audit_log_stays BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_log_only_grows();
CREATE TRIGGER audit_log_is_whole BEFORE TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION audit_log_only_grows();

-- down
DROP TABLE access_changes;
DROP TABLE audit_log;
DROP TABLE mail_requests;
DROP TABLE mail_tokens;
DROP TABLE api_keys;
DROP TABLE sessions;
DROP TABLE users;
DROP TABLE roles;

-- down postgres
DROP FUNCTION audit_log_only_grows();
DROP TABLE signing_keys;
