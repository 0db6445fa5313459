-- Who wrote, or would have written, what may have been sent: while that connection is there, it may still arrive (common/engine/engine.h,
-- outbox_row). '' is not known: rows marked by a process of before run into their command's deadline, as they did.
ALTER TABLE outbox ADD COLUMN sender text NOT NULL DEFAULT '';
