/* What people and subscribers learn: lifecycle history, events, faults on records.
 * amqp-protocol.md 4.1, 8; decisions.md D14, D16. */
#ifndef NFVO_LIFECYCLE_NOTIFY_H
#define NFVO_LIFECYCLE_NOTIFY_H

#include "nfvo/lifecycle/model.h"

#define CAUSE_MAX 2048 /* bytes of a peer's own words in a fault */
/* A copy of at most max bytes that ends with a whole character: a peer must not choose how much of
 * its words we store. NULL gives NULL. */
const char *text_cut(struct arena *a, const char *text, size_t max);

/* The VNFR's lifecycle_event_history. It is rows beside the document: peers get an empty list, REST
 * shows the last 100. description is cut to 1024 characters. */
void vnfr_history(struct vnfr_member *v, const char *event, const char *description);
/* What a VNFM says of its scripts belongs into it: entries without id, each once. */
void vnfr_merge_history(struct vnfr_member *v, const struct vnfr *record);
/* One line in the NSR's own history (table history), survives the NSR. */
void nsr_note(struct nsr_model *m, const char *event, const char *vnfr_name, const char *text,
              const struct fault *fault);

/* A machine went on: the VNFR's (host NULL), or that of one of its servers. from NULL: it is new;
 * text may be NULL. Live views and step times are made of these lines, so they cost a row and no
 * document. */
void nsr_note_step(struct nsr_model *m, const char *vnfr_name, const char *host, const char *from,
                   const char *to, const char *text);

/* What the scripts of a released host have said. Not a line for people: baton logs reads it when
 * there is nobody left to ask. The store finds these rows by the beginning of their text. */
#define HISTORY_LOGS "LOGS"
void nsr_note_logs(struct nsr_model *m, const char *vnfr_name, const char *host,
                   const struct proto_strs *lines);

/* A line of the history, built member by member; note_member leaves out a NULL. */
struct sbuf;
void note_begin(const struct decision *d, struct sbuf *doc, const char *event);
void note_member(struct sbuf *doc, const char *name, const char *value);
void note_end(struct decision *d, struct sbuf *doc);

/* Has anybody subscribed to that event of the NSR's project, for this id or for all? */
bool event_is_wanted(const struct decision *d, const char *event, const char *subject);
/* vnfr_id NULL: of the NSR. body is copied. Returns the event, for what else is said of it. */
struct outgoing_event *event_emit(struct decision *d, const char *event, const char *vnfr_id,
                                  const struct sbuf *body);

/* Tell the subscribers. payload of the first is the VNFR, of the second the NSR with all its VNFRs.
 * Call after the status is set. */
void vnfr_event(struct vnfr_member *v, enum action action);
void nsr_event(struct nsr_model *m, enum action action);

/* What a peer of ours says more than a text (decisions.md D14), bounded. peer may be NULL. */
void fault_add_peers(struct decision *d, struct fault *f, const struct fault *peer);
/* Put the fault on the VNFR (if it has a record) and the NSR; detail: the peer's own words, as a
 * cause. */
struct fault *vnfr_fault(struct vnfr_member *v, const struct err *err, const char *component,
                         const char *detail, const struct fault *peer);

#endif
