-- Logins that failed, and from where users have logged in: nfvo/store/store_login.h.
CREATE TABLE login_failure (
    account     text NOT NULL,              -- id of a user, or '?' and the hash of a name that nobody has; '': of all
    client      text NOT NULL,              -- address or network; '': all of them
    failures    bigint NOT NULL,
    at          bigint NOT NULL,            -- the last one
    PRIMARY KEY (account, client)
);
CREATE INDEX login_failure_at ON login_failure (at);
CREATE TABLE login_client (
    person_id   text NOT NULL REFERENCES person ON DELETE CASCADE,
    client      text NOT NULL,
    at          bigint NOT NULL,            -- the last login, within the hour
    PRIMARY KEY (person_id, client)
);
-- A row of token is a session: it stays while its tokens are exchanged for new ones (nfvo/store/store_session.h).
ALTER TABLE token ADD COLUMN id text NOT NULL DEFAULT gen_random_uuid()::text;
ALTER TABLE token ADD COLUMN created_at bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
ALTER TABLE token ADD COLUMN client text NOT NULL DEFAULT '';     -- the address that logged in
ALTER TABLE token ADD CONSTRAINT token_id UNIQUE (id);
CREATE TABLE token_used (                   -- refresh tokens that were exchanged: presented again they end their session
    refresh     text PRIMARY KEY,
    token_id    text NOT NULL REFERENCES token (id) ON DELETE CASCADE,
    at          bigint NOT NULL,
    is_replaced boolean NOT NULL DEFAULT false -- never presented: made for an answer that was lost
);
CREATE INDEX token_used_token ON token_used (token_id, at);
