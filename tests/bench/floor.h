/* The floor: what this machine's broker and database can move when nobody thinks. See floor.c.
 *
 * One NSR is what the bench's NSR is for the product, message by message: 2 VNFRs, 3 VNFC
 * instances, 1 dependency. A worker handles the start, which is no message (REST), and 12 messages,
 * and sends 12; the bench compares that with the broker's counters under the product
 * (tests/bench/run):
 *
 *   start -> server: INSTANTIATE > GRANT, grant > ALLOCATE, launch > server, allocated >
 * INSTANTIATED, START > STARTED
 *         -> client: likewise with two launches at once, and MODIFY > MODIFIED before START
 *
 * ("a > b": the worker sends a, the peer b). When both are through, the NSR is.
 *
 * Wherever something fails the process says so and ends: there is no reconnect, outbox sweeper or
 * deadline, and a message that comes twice is not recognised. */
#ifndef TESTS_BENCH_FLOOR_H
#define TESTS_BENCH_FLOOR_H

#include <amqp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WORKERS = 2,        /* more only shrink the batches on two cores */
    BATCH_MAX = 32,     /* messages in one transaction */
    OUT_MAX = 64,       /* a message causes two others at most */
    PREFETCH = 50,      /* per queue */
    IN_FLIGHT = 200,    /* NSRs under deployment while it is measured */
    BIG_BYTES = 4096,   /* a VNFM command or answer */
    SMALL_BYTES = 1536, /* driver command or answer */
    DOC_BYTES = 8192,   /* the stored NSR */
    RING = 4096,  /* messages or confirms a process may owe: several times what PREFETCH allows */
    ID_SIZE = 37, /* text of a uuid and its end */
};

/* What a message is about: one of the two VNFRs. */
enum { SERVER, CLIENT, CHAINS };
enum { MESSAGES = 24, HANDLED = 13 }; /* per NSR; HANDLED counts the start */
enum step { STEP_LAUNCH = 2, STEP_START = 80 };

struct floor_options {
    const char *host, *user, *password, *vhost, *db, *label;
    int port, warm, count, alone;
    int broker_pid, postgres_pid; /* 0: their processor time is not known */
};

/* Between the processes, in shared memory. */
struct floor_shared {
    atomic_long ready, stop, failed, transactions, messages;
    atomic_long started, claimed, done; /* NSRs: asked for, taken by a worker, through */
    int start_fd, done_fd;              /* eventfds: a worker, the generator is woken */
    double *started_s, *done_s;         /* by number of the NSR, shared too; 0: not yet */
};

struct message {
    char id[ID_SIZE], nsr[ID_SIZE];
    int chain, step;
    uint64_t tag; /* of its delivery */
};

struct outgoing {
    char id[ID_SIZE], nsr[ID_SIZE];
    const char *queue;
    size_t length;
    char body[BIG_BYTES];
};

/* A connection: consumes on one channel, publishes with confirms on another. */
struct bus {
    amqp_connection_state_t connection;
    struct message arrived[RING];
    unsigned first, end; /* of arrived: first not yet taken, one after the last */
    uint64_t published;  /* sequence number of the last message */
    uint64_t confirmed;  /* all up to this one are */
    bool is_confirmed[RING];
    uint64_t tag; /* of the message that is arriving */
    size_t expected, received;
    char body[BIG_BYTES];
};

extern struct floor_options floor_options;
extern struct floor_shared *floor_shared;

/* --- floor.c --- */

/* Say what failed, tell the other processes, end this one. */
void fail(const char *what, const char *why) __attribute__((noreturn));

double now_s(void);

/* In a worker: an NSR that was asked for and nobody has taken; false: none. */
bool take_start(struct message *message);
void nsr_is_done(const char id[ID_SIZE]);

/* --- floor_bus.c --- */

void seed_random(void);
void new_id(char id[ID_SIZE]);

/* The id of NSR number n; the other way round. */
void nsr_id(char id[ID_SIZE], int n);
int nsr_number(const char id[ID_SIZE]);

/* Fill with JSON that looks like VNFC instances: exactly length bytes and an end. Result is given.
 */
char *new_filler(size_t length);

/* Prepare the contents of messages; before the first make_message, once (children inherit it). */
void prepare_messages(void);

/* A message with a new id. */
void make_message(struct outgoing *out, const char *queue, const char *nsr, int chain, int step,
                  bool is_big);

struct bus *bus_connect(void);

/* Wait until there is something to read, or wake_fd is written to (it is read then); false:
 * timeout_ms is over. */
bool bus_wait(struct bus *bus, int wake_fd, int timeout_ms);

/* Make the exchange and the queues anew. */
void bus_declare(struct bus *bus);
void bus_consume(struct bus *bus, const char *queue, int prefetch);

/* Read all there is, waiting at most timeout_ms for the first frame. Returns the number of frames.
 */
int bus_read(struct bus *bus, int timeout_ms);

/* Take the next message that has arrived; false when there is none. */
bool bus_take(struct bus *bus, struct message *message);
bool bus_is_empty(const struct bus *bus);

/* Returns the message's sequence number, for bus->confirmed. */
uint64_t bus_publish(struct bus *bus, struct outgoing *out);

/* Acknowledge this delivery and all before it. */
void bus_ack(struct bus *bus, uint64_t tag);

/* While corked, what is written leaves in full packets. */
void bus_cork(struct bus *bus, bool is_corked);

/* --- floor_store.c --- */

/* Make the tables anew, with that many NSRs. */
void store_create(int nsrs);

/* Bytes of write-ahead log since the server's beginning. */
double store_wal_bytes(void);

/* Connect this process and prepare its statements. */
void store_open(void);

/* Handle the messages in one transaction of two round trips: note them in the inbox, lock and
 * change their NSRs, write history and outbox, delete sent outbox rows. Returns the number of
 * outgoing messages. */
int store_handle(const struct message *messages, int count, struct outgoing *out,
                 char (*sent)[ID_SIZE], int sent_count);

/* Delete outbox rows, in a transaction of its own. */
void store_delete_sent(char (*sent)[ID_SIZE], int count);

/* --- floor_roles.c: the processes, each runs until floor_shared->stop --- */

void run_worker(void) __attribute__((noreturn));

/* A VNFM or driver: answers every command at once. */
void run_peer(const char *commands, const char *answers, bool is_big) __attribute__((noreturn));

#endif
