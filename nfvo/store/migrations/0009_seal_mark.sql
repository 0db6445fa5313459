-- Which key the secrets of this database are sealed with: a keyed hash that tells nothing of it.
CREATE TABLE seal_mark (
    is_only     boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    mark        text NOT NULL,
    made_at     timestamptz NOT NULL DEFAULT now()
);
