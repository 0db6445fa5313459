/* The NFVO's part of proto/topology.h as a connection wants it: exchange, queues, bindings.
 *
 *     struct bus *bus = bus_new(&options);
 *     topology_declare(bus);
 *     bus_want_consumer(bus, &(struct bus_consumer){.queue = QUEUE_ACTIONS, ...}); */
#ifndef NFVO_BROKER_TOPOLOGY_BUS_H
#define NFVO_BROKER_TOPOLOGY_BUS_H

struct bus;

/* Record the exchange and every queue of the NFVO: declared on each connection, so that whoever
 * comes first (a worker, the registry, another process) makes them all. Ours are quorum queues with
 * a delivery limit, dead-lettered to QUEUE_DEAD_LETTERS; each is bound to the exchange by its own
 * name but QUEUE_INTERNAL, which no peer shall reach. Consumers are the caller's to want. */
void topology_declare(struct bus *bus);
/* The same in a room (virtual host) of peers: all but QUEUE_INTERNAL. The entries are bounded in
 * bytes and refuse what is more (QUEUE_ROOM_MAX_BYTES): what a peer floods is its own room. */
void topology_declare_room(struct bus *bus);
/* In the inner room: requests to the VNFMs of a type that are called over HTTP. */
void topology_declare_rest_vnfm(struct bus *bus, const char *queue);
/* And of a process, for what these VNFMs ask. */
void topology_declare_rest_answers(struct bus *bus, const char *queue);

#endif
