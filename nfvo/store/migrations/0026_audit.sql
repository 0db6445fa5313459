-- Who did what, from where, on which object, with what outcome: nfvo/audit/audit.h.
CREATE TABLE audit (
    n           bigserial PRIMARY KEY,
    at          bigint NOT NULL,
    kind        text NOT NULL,
    outcome     text NOT NULL,
    who         text NOT NULL,
    origin      text NOT NULL,
    what        text NOT NULL,
    object      text NOT NULL,
    project     text NOT NULL,
    detail      text NOT NULL,
    status      integer NOT NULL,
    times       bigint NOT NULL
);
CREATE INDEX audit_at ON audit (at, (n::text));
CREATE INDEX audit_kind ON audit (kind, outcome, n);
