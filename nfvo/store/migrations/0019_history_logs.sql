-- What the scripts of released hosts have said (nfvo/lifecycle/notify.h, HISTORY_LOGS): found by host and by the name that the service had.
CREATE INDEX history_logs_host ON history (substring(doc FROM '"host":"([^"]*)"')) WHERE doc LIKE '{"event":"LOGS"%';
CREATE INDEX history_logs_nsr ON history (substring(doc FROM '"nsr":"([^"]*)"')) WHERE doc LIKE '{"event":"LOGS"%';
