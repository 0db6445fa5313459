/* nfvo --enrol NAME --type TYPE --password-file FILE: an account for a peer, before the peer and
 * before nfvo itself; it takes the database and the broker's management API. For services of one's
 * own, in scripts and units; for others there is `baton manager enrol`.
 *
 * Says on standard output what goes into the configuration of one of our processes. The file is
 * written whole or not at all (0600, renamed). Repeated, the same account with the same password;
 * with --rotate another one, which a process reads when its login is refused. */
#ifndef NFVO_ENROL_H
#define NFVO_ENROL_H

/* For struct daemon; ctx: struct nfvo. -1: nothing to enrol. Waits at most enrol-timeout. */
int enrol_once(void *ctx);

#endif
