-- What the generic VNFM remembers. A request of the NFVO in hand is a run: its lease is the delivery that is not acknowledged yet, its
-- progress is here. Plans are not stored: they follow from the request, which comes again after a crash. Times are microseconds since
-- the epoch, database clock.

CREATE TABLE vnfr (                         -- while its instances live, and as a mark for a while after
    id          text PRIMARY KEY,
    name        text NOT NULL,
    package     text,                       -- VNFPackage as INSTANTIATE brought it: RESUME brings none
    released_at bigint                      -- what still comes for it is refused
);
CREATE INDEX vnfr_released ON vnfr (released_at) WHERE released_at IS NOT NULL;

CREATE TABLE agent (                        -- by the hellos; of hosts of ours and of others that said hello
    hostname    text PRIMARY KEY,
    vnfr_id     text,                       -- NULL: no run has named it yet
    hello_n     bigint NOT NULL DEFAULT 0,  -- 0: it never said hello
    hello_at    bigint NOT NULL,            -- or when the row was made
    has_journal boolean NOT NULL DEFAULT false,
    boot        text
);
CREATE INDEX agent_vnfr ON agent (vnfr_id);

CREATE TABLE run (
    id           text PRIMARY KEY,          -- correlation id of the request
    vnfr_id      text NOT NULL,
    vnfr_name    text NOT NULL,
    action       text NOT NULL,             -- of RESUME: what is resumed
    is_anonymous boolean NOT NULL,          -- the request had no usable id: found again by VNFR and action
    started_at   bigint NOT NULL,
    ended_at     bigint,
    cancelled_at bigint,                    -- by a RELEASE_RESOURCES
    has_failed   boolean NOT NULL DEFAULT false
);
CREATE INDEX run_vnfr ON run (vnfr_id, started_at);
CREATE INDEX run_ended ON run (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE step (                         -- EXECUTE, from the moment it may be sent; other commands when they fail: they bear repeats
    run_id      text NOT NULL REFERENCES run ON DELETE CASCADE,
    hostname    text NOT NULL,
    seq         integer NOT NULL,           -- place in the plan of the host
    command     text NOT NULL,              -- correlation id at the agent, which journals by it
    event       text NOT NULL,
    script      text NOT NULL,
    source      text NOT NULL,              -- CONFIGURE for one source instance: its id; else ''
    state       text NOT NULL CHECK (state IN ('sent', 'done', 'failed', 'unknown', 'skipped')),
    first_sent_at bigint NOT NULL,
    sent_at     bigint NOT NULL,
    done_at     bigint,
    took_ms     bigint,
    exit        integer,
    output      text,                       -- bounded: head and tail
    err         text,
    sets        text,                       -- JSON map of what "##baton set" lines published
    PRIMARY KEY (run_id, hostname, seq)
);
CREATE INDEX step_hostname ON step (hostname, first_sent_at);
