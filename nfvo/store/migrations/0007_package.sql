-- VNF packages. The scripts stand beside the document: they are most of it, and change one by one.
CREATE TABLE vnf_package (
    id          text PRIMARY KEY,
    project_id  text NOT NULL,
    name        text NOT NULL,
    identity    text NOT NULL,              -- what may come once in a project (amqp-protocol.md 9.7), as a JSON array
    version     bigint NOT NULL DEFAULT 0,  -- counts changes; hbVersion on the wire
    created_at  bigint NOT NULL,
    doc         text NOT NULL,              -- without its scripts
    UNIQUE (project_id, identity)
);
CREATE INDEX vnf_package_project ON vnf_package (project_id, created_at);
CREATE TABLE vnf_package_script (
    id          text PRIMARY KEY,
    package_id  text NOT NULL REFERENCES vnf_package ON DELETE CASCADE,
    name        text NOT NULL,
    doc         text NOT NULL,              -- payload in base64
    UNIQUE (package_id, name)
);
ALTER TABLE vnf_package        ALTER COLUMN doc SET COMPRESSION lz4;
ALTER TABLE vnf_package_script ALTER COLUMN doc SET COMPRESSION lz4;

-- Which package a VNFD came with.
ALTER TABLE vnfd ADD COLUMN package_id text;
CREATE INDEX vnfd_package ON vnfd (package_id);
