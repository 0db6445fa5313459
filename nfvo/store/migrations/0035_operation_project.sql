-- Whose request it was: a project, '*' for all, '' for none (administrators only, as rows of before).
ALTER TABLE operation ADD COLUMN project text NOT NULL DEFAULT '';
