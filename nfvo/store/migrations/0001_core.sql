-- Baton's store. A table per kind of record: key columns that are searched, locked or joined stand beside the document, which is stored and
-- read whole, as text (nothing queries inside it: design.md, sections 3 and 5). Times are microseconds since the epoch, database clock.

-- --- catalogue and access ------------------------------------------------------------------------------------------------------------
CREATE TABLE project (
    id          text PRIMARY KEY,
    name        text NOT NULL,
    doc         text NOT NULL
);
CREATE TABLE person (                       -- "user" is a word of SQL
    id          text PRIMARY KEY,
    name        text NOT NULL UNIQUE,
    password    text NOT NULL,              -- argon2id
    enabled     boolean NOT NULL DEFAULT true,
    doc         text NOT NULL               -- user without password
);
CREATE TABLE token (
    hash        text PRIMARY KEY,           -- of the token; the token itself is nowhere
    refresh     text,                       -- hash of the refresh token
    person_id   text REFERENCES person ON DELETE CASCADE,
    service     text,                       -- or a service's name
    expires_at  bigint NOT NULL
);
CREATE TABLE nsd (
    id          text PRIMARY KEY,
    project_id  text NOT NULL,
    name        text NOT NULL,
    created_at  bigint NOT NULL,
    doc         text NOT NULL
);
CREATE INDEX nsd_project ON nsd (project_id, created_at);
CREATE TABLE vnfd (                         -- every VNFD, also those inside an NSD (nsd_id tells which)
    id          text PRIMARY KEY,
    project_id  text NOT NULL,
    nsd_id      text REFERENCES nsd ON DELETE CASCADE,
    name        text NOT NULL,
    created_at  bigint NOT NULL,
    doc         text NOT NULL
);
CREATE TABLE ssh_key (
    id          text PRIMARY KEY,
    project_id  text NOT NULL,
    name        text NOT NULL,
    doc         text NOT NULL,
    UNIQUE (project_id, name)
);
CREATE TABLE event_endpoint (
    id          text PRIMARY KEY,
    project_id  text NOT NULL,              -- '*' = all
    event       text NOT NULL,              -- action word
    nsr_id      text,
    vnfr_id     text,
    doc         text NOT NULL
);
CREATE TABLE vnfm_endpoint (                -- VNFMs that registered; deploying asks for type, active, enabled
    id          text PRIMARY KEY,
    type        text NOT NULL,
    endpoint    text NOT NULL,              -- queue or base URL
    kind        text NOT NULL,              -- RABBIT, REST
    active      boolean NOT NULL,
    enabled     boolean NOT NULL,
    capabilities text NOT NULL DEFAULT '',  -- blank-separated
    doc         text NOT NULL,
    UNIQUE (type, endpoint, kind)
);
CREATE TABLE vim_driver (                   -- queues vim-drivers.<type>.<name> that exist or registered
    queue       text PRIMARY KEY,
    type        text NOT NULL,
    active      boolean NOT NULL,
    capabilities text NOT NULL DEFAULT ''
);
CREATE TABLE manager_credentials (          -- broker users made for managers
    username    text PRIMARY KEY,
    sealed      text NOT NULL,              -- password, sealed
    kind        text NOT NULL,              -- vnfm, plugin
    instances   text NOT NULL DEFAULT '',   -- blank-separated ids of our own peers' processes
    doc         text NOT NULL DEFAULT ''    -- the registration
);
CREATE TABLE secret (                       -- sealed secrets of other rows, e.g. of a PoP
    owner       text PRIMARY KEY,
    sealed      text NOT NULL
);

-- --- aggregates of the engine (common/engine): id, agg (root's id), phase, seq, keys, doc (the wire's document), state (ours) --------
CREATE TABLE nsr (
    id          text PRIMARY KEY,
    agg         text NOT NULL,
    phase       integer NOT NULL,
    seq         bigint NOT NULL,            -- numbers this aggregate's commands and outbox rows
    project_id  text NOT NULL,
    name        text NOT NULL,
    nsd_id      text NOT NULL,
    pops        text NOT NULL,              -- comma-separated ids of the PoPs it may use
    created_at  bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
    doc         text NOT NULL,              -- without its vnfr list: that is in table vnfr
    state       text NOT NULL
);
CREATE INDEX nsr_project ON nsr (project_id, created_at);
CREATE TABLE vnfr (
    id          text PRIMARY KEY,
    agg         text NOT NULL,
    phase       integer NOT NULL,
    name        text NOT NULL,              -- VNFD name: the natural key of GRANT
    endpoint    text NOT NULL,              -- VNFM type
    doc         text NOT NULL,              -- '' until granted
    state       text NOT NULL
);
CREATE INDEX vnfr_agg ON vnfr (agg);
CREATE TABLE instance (
    id          text PRIMARY KEY,
    agg         text NOT NULL,
    phase       integer NOT NULL,
    vnfr_id     text NOT NULL,
    pop_id      text NOT NULL,
    hostname    text NOT NULL UNIQUE,
    vc_id       text NOT NULL,
    state       text NOT NULL
);
CREATE INDEX instance_agg ON instance (agg);
CREATE SEQUENCE hostname_number;            -- decisions.md D20
CREATE TABLE pop (
    id          text PRIMARY KEY,
    agg         text NOT NULL,
    phase       integer NOT NULL,
    seq         bigint NOT NULL,
    project_id  text NOT NULL,
    name        text NOT NULL,
    type        text NOT NULL,
    doc         text NOT NULL,              -- without secrets: table secret, owner = id
    state       text NOT NULL,
    UNIQUE (project_id, name)
);

-- What is outstanding: requests sent, timers, and what others wait for from us. Every wait has a row here, with a deadline.
CREATE TABLE command (
    id          text PRIMARY KEY,           -- <agg>:<n>
    agg         text NOT NULL,
    agg_kind    smallint NOT NULL,
    kind        smallint NOT NULL,
    subject     text NOT NULL,              -- vnfr, instance, ... that it is about
    due_at      bigint NOT NULL,
    data        text NOT NULL
);
CREATE INDEX command_agg ON command (agg);
CREATE INDEX command_due ON command (due_at);

CREATE TABLE outbox (
    stream      text NOT NULL,              -- aggregate
    seq         bigint NOT NULL,
    next_at     bigint NOT NULL,            -- when a sweeper may send it
    attempts    integer NOT NULL DEFAULT 0,
    until_at    bigint NOT NULL,            -- retried until then
    maybe_sent  boolean NOT NULL DEFAULT false,
    meta        text NOT NULL,              -- exchange, key, reply style, policy, ...: common/engine/outbox.c
    body        text NOT NULL,
    PRIMARY KEY (stream, seq)
);
CREATE INDEX outbox_next ON outbox (next_at);

CREATE TABLE event_out (                    -- events on their way to one subscriber, in order of id within a stream
    id          bigserial PRIMARY KEY,
    stream      text NOT NULL,              -- nsr
    endpoint_id text NOT NULL,
    next_at     bigint NOT NULL,
    attempts    integer NOT NULL DEFAULT 0,
    body        text NOT NULL
);
CREATE INDEX event_out_stream ON event_out (stream, id);

CREATE TABLE history (                      -- what happened to an NSR, for people; survives it for a while
    id          bigserial PRIMARY KEY,
    nsr_id      text NOT NULL,
    at          bigint NOT NULL,
    doc         text NOT NULL
);
CREATE INDEX history_nsr ON history (nsr_id, id);
CREATE TABLE request_history (              -- rest-api.md 2.10
    id          bigserial PRIMARY KEY,
    at          bigint NOT NULL,
    username    text NOT NULL,
    method      text NOT NULL,
    path        text NOT NULL,
    result      integer NOT NULL
);

-- A synchronous REST call that waits for the engine: design.md, "Synchronous REST".
CREATE TABLE operation (
    id          text PRIMARY KEY,
    status      integer NOT NULL DEFAULT 0, -- HTTP status once finished
    body        text NOT NULL DEFAULT '',
    expires_at  bigint NOT NULL
);
CREATE TABLE idempotency (
    key         text PRIMARY KEY,           -- project, method, path and Idempotency-Key
    operation   text NOT NULL,
    expires_at  bigint NOT NULL
);
CREATE TABLE heartbeat (
    process     text PRIMARY KEY,
    at          bigint NOT NULL
);
