-- What the REST API keeps beside the core tables.
ALTER TABLE token ADD COLUMN refresh_expires_at bigint NOT NULL DEFAULT 0;
CREATE INDEX token_refresh ON token (refresh);
CREATE INDEX token_person ON token (person_id);

-- Which NSDs hold a VNFD: deleting an NSD leaves its VNFDs (as the reference does by default), and a VNFD can be used by several NSDs.
CREATE TABLE nsd_vnfd (
    nsd_id      text NOT NULL REFERENCES nsd ON DELETE CASCADE,
    vnfd_id     text NOT NULL,
    PRIMARY KEY (nsd_id, vnfd_id)
);
CREATE INDEX nsd_vnfd_vnfd ON nsd_vnfd (vnfd_id);
ALTER TABLE vnfd DROP COLUMN nsd_id;
CREATE INDEX vnfd_project ON vnfd (project_id, created_at);
CREATE INDEX nsr_nsd ON nsr (nsd_id);

-- Lists are shown in the order of creation.
ALTER TABLE project        ADD COLUMN created_at bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
ALTER TABLE person         ADD COLUMN created_at bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
ALTER TABLE ssh_key        ADD COLUMN created_at bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
ALTER TABLE event_endpoint ADD COLUMN created_at bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
ALTER TABLE vnfm_endpoint  ADD COLUMN created_at bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
ALTER TABLE pop            ADD COLUMN created_at bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
