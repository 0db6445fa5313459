-- What goes wrong around the suite without a word to it: found by looking (nfvo/vnfm/broker_watch.h), told in baton status and explain.

-- What the broker refused to an account: a row for each account and object, summed up; bounded in number and age.
CREATE TABLE refusal (
    key         text PRIMARY KEY,           -- hash of what it is about
    kind        text NOT NULL,              -- login, vhost, access, ...
    account     text NOT NULL,              -- '': several
    about       text NOT NULL,              -- agent, vnfm, driver, registration, nfvo; '': not known
    subject     text NOT NULL,              -- hostname, VNFM type, driver queue
    vhost       text NOT NULL,
    operation   text NOT NULL,
    needs       text NOT NULL,              -- configure, write, read
    object      text NOT NULL,
    words       text NOT NULL,              -- the broker's
    hint        text NOT NULL,
    n           bigint NOT NULL,
    first_at    bigint NOT NULL,
    last_at     bigint NOT NULL,
    logged_at   bigint NOT NULL
);
CREATE INDEX refusal_subject ON refusal (about, subject);

-- Agents whose queue was seen served once; gone_since 0: it is.
CREATE TABLE agent_seen (
    hostname    text PRIMARY KEY,
    gone_since  bigint NOT NULL DEFAULT 0
);
CREATE INDEX agent_seen_gone ON agent_seen (gone_since) WHERE gone_since > 0;
