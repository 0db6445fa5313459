-- Images of the repository (rest-api.md 2.7): a document each; the bytes of those that were uploaded are files of image-dir.
CREATE TABLE nfv_image (
    id          text PRIMARY KEY,
    project_id  text NOT NULL,
    name        text NOT NULL,
    created_at  bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
    url         text NOT NULL DEFAULT '',   -- where it is; empty: in image-dir
    doc         text NOT NULL,
    UNIQUE (project_id, name)
);
CREATE INDEX nfv_image_project ON nfv_image (project_id, created_at);
