/* Words in the metadata of a VDU, or of its VNFD, that say what the NFVO does by itself. */
#ifndef PROTO_RECORDS_POLICY_H
#define PROTO_RECORDS_POLICY_H

/* About a server that is gone, or does not run: nfvo/lifecycle/reconcile/heal.h. Its words, NULL at
 * the end: none, instance, vnf. */
#define VDU_HEAL "baton.heal"
extern const char *const vdu_heal_words[];

#endif
