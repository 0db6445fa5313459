-- What was called operation is a REST call that waits for the engine; an operation is what is done to a network service: a plan of steps
-- (nfvo/lifecycle/operation).
ALTER TABLE operation RENAME TO rest_call;
ALTER INDEX operation_pkey RENAME TO rest_call_pkey;

CREATE TABLE operation (
    id          text PRIMARY KEY,
    agg         text NOT NULL,              -- the NSR; the operation outlives it
    project_id  text NOT NULL,
    nsr_name    text NOT NULL,
    kind        text NOT NULL,              -- nfvo/lifecycle/operation/kinds.h
    state       text NOT NULL,              -- nfvo/lifecycle/operation/states.h
    vnfr_id     text NOT NULL DEFAULT '',   -- what it is about, as far as its scope goes
    instance_id text NOT NULL DEFAULT '',
    origin      text NOT NULL,              -- user, reconciler, engine
    asked_by    text NOT NULL,
    asked_at    bigint NOT NULL,
    state_at    bigint NOT NULL,
    ended_at    bigint NOT NULL DEFAULT 0,  -- 0: it has not
    is_open     boolean GENERATED ALWAYS AS (state NOT IN ('COMPLETED', 'FAILED', 'ROLLED_BACK')) STORED,
    doc         text NOT NULL,              -- proto/records/operation.h: steps, fault, policy, what was before
    request     text NOT NULL DEFAULT ''    -- as it came, secrets masked; never loaded with the aggregate
);
ALTER TABLE operation ALTER COLUMN doc SET COMPRESSION lz4, ALTER COLUMN request SET COMPRESSION lz4;
CREATE INDEX operation_open ON operation (agg) WHERE is_open;
CREATE INDEX operation_project ON operation (project_id, asked_at);
CREATE INDEX operation_nsr ON operation (agg, asked_at);
CREATE INDEX operation_ended ON operation (ended_at) WHERE NOT is_open;
