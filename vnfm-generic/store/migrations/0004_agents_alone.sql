-- Its agent is an unmodified one, alone in a virtual host that has the name of its login.
ALTER TABLE agent ADD COLUMN is_alone boolean NOT NULL DEFAULT false;
