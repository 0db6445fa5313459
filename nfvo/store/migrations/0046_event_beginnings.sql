-- Subscriptions to a beginning ("SCALE*"; "*" is all): few, so those to a word are found as before, and these by an index of their own.
CREATE INDEX event_endpoint_beginnings ON event_endpoint (subject, project_id) WHERE event LIKE '%*';
