-- VNF forwarding graphs and virtual links that stand for themselves, apart from an NSD: rest-api.md 2.11.
CREATE TABLE vnffgd (
    id          text PRIMARY KEY,
    project_id  text NOT NULL,
    name        text NOT NULL,
    created_at  bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
    doc         text NOT NULL
);
CREATE INDEX vnffgd_project ON vnffgd (project_id, created_at);
CREATE TABLE vld (
    id          text PRIMARY KEY,
    project_id  text NOT NULL,
    name        text NOT NULL,
    created_at  bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
    doc         text NOT NULL
);
CREATE INDEX vld_project ON vld (project_id, created_at);
