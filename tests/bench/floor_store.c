#include "tests/bench/floor.h"

#include <arpa/inet.h>
#include <postgresql/libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_OID = 25, ARRAY_TEXT_MAX = 8192 };

struct nsr {
    char id[ID_SIZE];
    int chains_done, launched; /* launched: servers of the client; stored as one number */
    bool is_done;
    char *doc;
};

static PGconn *db;
static int owed; /* statements sent whose results were not yet read */

/* --- plain statements --- */

static bool is_good(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

static void run(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);

    if (!is_good(result))
        fail(sql, PQerrorMessage(conn));
    PQclear(result);
}

static PGconn *open_database(void)
{
    PGconn *conn = PQconnectdb(floor_options.db);

    if (PQstatus(conn) != CONNECTION_OK)
        fail("connect to the database", PQerrorMessage(conn));
    run(conn, "set client_min_messages = warning");
    run(conn, "set synchronous_commit = on");
    return conn;
}

/* Documents are stored outside the row and not compressed: the fastest shape that was found. */
static const char *const schema[] = {
    "drop table if exists inbox, nsr, outbox, history",
    "create table inbox(id uuid primary key, at timestamptz default now())",
    "create table nsr(id uuid primary key, st int, status text, ver bigint, doc text) with "
    "(fillfactor = 50)",
    "create table outbox(id uuid primary key, nsr uuid, dest text, body text, at timestamptz "
    "default now(),"
    " sent timestamptz)",
    "alter table nsr alter doc set storage external",
    "alter table outbox alter body set storage external",
    "create table history(id bigserial primary key, nsr uuid, at timestamptz default now(), what "
    "text,"
    " detail text)",
    "create index on history(nsr)",
};

static void insert_nsr(PGconn *conn, int n, const char *filler)
{
    static char doc[DOC_BYTES];
    char id[ID_SIZE];
    const char *values[2] = {id, doc};
    PGresult *result;

    nsr_id(id, n);
    snprintf(doc, sizeof doc, "{\"ver\":100000,\"id\":\"%s\",\"name\":\"nsr\",\"vnfr\":%s}", id,
             filler);
    result = PQexecPrepared(conn, "load", 2, values, NULL, NULL, 0);
    if (!is_good(result))
        fail("load", PQerrorMessage(conn));
    PQclear(result);
}

void store_create(int nsrs)
{
    enum { FILLERS = 16 };
    PGconn *conn = open_database();
    char *fillers[FILLERS];

    for (size_t i = 0; i < sizeof schema / sizeof *schema; i++)
        run(conn, schema[i]);
    for (int i = 0; i < FILLERS; i++)
        fillers[i] = new_filler(DOC_BYTES - 120);
    PQclear(PQprepare(conn, "load", "insert into nsr values($1::uuid, 0, 'NULL', 0, $2)", 0, NULL));
    run(conn, "begin");
    for (int i = 0; i < nsrs; i++)
        insert_nsr(conn, i, fillers[i % FILLERS]);
    run(conn, "commit");
    run(conn, "analyze nsr");
    run(conn, "checkpoint"); /* needs the role pg_checkpoint: what we wrote must not be flushed
                                while we measure */
    for (int i = 0; i < FILLERS; i++)
        free(fillers[i]);
    PQfinish(conn);
}

double store_wal_bytes(void)
{
    static PGconn *conn;
    PGresult *result;
    double bytes;

    if (!conn)
        conn = open_database();
    result = PQexec(conn, "select pg_current_wal_insert_lsn() - '0/0'::pg_lsn");
    if (!is_good(result))
        fail("read the log position", PQerrorMessage(conn));
    bytes = atof(PQgetvalue(result, 0, 0));
    PQclear(result);
    return bytes;
}

/* --- the pipeline --- */

static const struct {
    const char *name, *sql;
} statements[] = {
    {"begin", "begin"},
    {"commit", "commit"},
    {"inbox", "insert into inbox(id) select unnest($1::uuid[]) on conflict do nothing"},
    {"lock", "select id, st, doc from nsr where id = any($1::uuid[]) order by id for update"},
    {"update",
     "update nsr set st = $2::int, status = $3, ver = ver + 1, doc = $4 where id = $1::uuid"},
    {"outbox", "insert into outbox(id, nsr, dest, body)"
               " select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[])"},
    {"history", "insert into history(nsr, what, detail) select u, 'step done',"
                " 'handled a message and sent the next command' from unnest($1::uuid[]) u"},
    {"delete", "delete from outbox where id = any($1::uuid[])"},
};

void store_open(void)
{
    db = open_database();
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        PGresult *result = PQprepare(db, statements[i].name, statements[i].sql, 0, NULL);
        if (!is_good(result))
            fail(statements[i].sql, PQerrorMessage(db));
        PQclear(result);
    }
    PQenterPipelineMode(db);
}

static void post(const char *name, int count, const char *const *values, const int *lengths,
                 const int *formats)
{
    if (!PQsendQueryPrepared(db, name, count, values, lengths, formats, 0))
        fail(name, PQerrorMessage(db));
    owed++;
}

static PGresult *next_result(void)
{
    PGresult *result = PQgetResult(db);

    if (!result || !is_good(result))
        fail("pipeline", PQerrorMessage(db));
    if (PQgetResult(db)) /* each result ends with a null */
        fail("pipeline", "more results than statements");
    owed--;
    return result;
}

static void post_sync_and_drain(void)
{
    PGresult *result;

    PQpipelineSync(db);
    while (owed > 0)
        PQclear(next_result());
    result = PQgetResult(db);
    if (PQresultStatus(result) != PGRES_PIPELINE_SYNC)
        fail("pipeline", PQerrorMessage(db));
    PQclear(result);
}

/* --- arrays --- */

struct id_array {
    char text[ARRAY_TEXT_MAX];
    size_t used;
};

static void array_add(struct id_array *array, const char *id)
{
    if (array->used + ID_SIZE + 2 > sizeof array->text)
        fail("array", "too many ids");
    array->text[array->used] = array->used == 0 ? '{' : ',';
    memcpy(array->text + array->used + 1, id, ID_SIZE - 1);
    array->used += ID_SIZE;
}

static void post_array(const char *name, struct id_array *array)
{
    const char *value = array->text;

    memcpy(array->text + array->used, "}", 2);
    post(name, 1, &value, NULL, NULL);
}

/* A text[] in PostgreSQL's binary form: nothing has to be quoted. */
struct text_array {
    char bytes[20 + OUT_MAX * (4 + BIG_BYTES)];
    size_t used;
};

static void put_word(struct text_array *array, uint32_t value)
{
    value = htonl(value);
    memcpy(array->bytes + array->used, &value, sizeof value);
    array->used += sizeof value;
}

static void text_array_init(struct text_array *array, int count)
{
    const uint32_t head[5] = {1 /* dimension */, 0 /* no nulls */, TEXT_OID, (uint32_t)count,
                              1 /* lower bound */};

    array->used = 0;
    for (size_t i = 0; i < 5; i++)
        put_word(array, head[i]);
}

static void text_array_add(struct text_array *array, const char *text, size_t length)
{
    put_word(array, (uint32_t)length);
    memcpy(array->bytes + array->used, text, length);
    array->used += length;
}

/* --- one transaction --- */

static int find_nsr(const struct nsr *nsrs, int count, const char *id)
{
    for (int i = 0; i < count; i++)
        if (memcmp(nsrs[i].id, id, ID_SIZE) == 0)
            return i;
    return -1;
}

/* First round trip: inbox, and the NSRs of these messages, locked in the order of their ids. */
static int lock_nsrs(const struct message *messages, int count, struct nsr *nsrs)
{
    struct id_array inbox = {.used = 0}, wanted = {.used = 0};
    PGresult *result;
    int found = 0;

    for (int i = 0; i < count; i++) {
        array_add(&inbox, messages[i].id);
        if (find_nsr(nsrs, found, messages[i].nsr) >= 0)
            continue;
        memcpy(nsrs[found++].id, messages[i].nsr, ID_SIZE);
        array_add(&wanted, messages[i].nsr);
    }
    post("begin", 0, NULL, NULL, NULL);
    post_array("inbox", &inbox);
    post_array("lock", &wanted);
    PQsendFlushRequest(db);
    if (PQflush(db) < 0)
        fail("flush", PQerrorMessage(db));
    PQclear(next_result());
    PQclear(next_result());
    result = next_result();
    if (PQntuples(result) != found)
        fail("lock", "an nsr is missing");
    for (int i = 0; i < found; i++) {
        memcpy(nsrs[i].id, PQgetvalue(result, i, 0), ID_SIZE);
        nsrs[i].chains_done = atoi(PQgetvalue(result, i, 1)) % 10;
        nsrs[i].launched = atoi(PQgetvalue(result, i, 1)) / 10;
        nsrs[i].is_done = false;
        nsrs[i].doc = strdup(PQgetvalue(result, i, 2));
    }
    PQclear(result);
    return found;
}

/* v: a command to the VNFM; d: to the driver, as many as the chain has servers. */
static const char *const steps_of[CHAINS] = {[SERVER] = "vvdvv", [CLIENT] = "vvdvvv"};
static const int servers_of[CHAINS] = {[SERVER] = 1, [CLIENT] = 2};

static int send_step(struct outgoing *out, const char *nsr, int chain, int step)
{
    bool is_launch = steps_of[chain][step] == 'd';
    int count = is_launch ? servers_of[chain] : 1;

    for (int i = 0; i < count; i++)
        make_message(&out[i], is_launch ? "drv" : "vnfm", nsr, chain, step, !is_launch);
    return count;
}

/* What the NSR does next. Returns the number of messages it sends. */
static int decide(struct nsr *nsr, const struct message *message, struct outgoing *out)
{
    static int version;
    char *digit = strstr(nsr->doc, "\"ver\":");
    int chain = message->chain;

    if (!digit)
        fail("document", "has no version");
    digit[6] =
        (char)('1' + version++ % 9); /* the document changes, as every handled message changes it */

    if (message->step == STEP_START) {
        nsr->chains_done = nsr->launched = 0;
        int count = send_step(out, nsr->id, SERVER, 0);
        return count + send_step(out + count, nsr->id, CLIENT, 0);
    }
    if (chain == CLIENT && message->step == STEP_LAUNCH && ++nsr->launched < servers_of[CLIENT])
        return 0;
    if (steps_of[chain][message->step + 1])
        return send_step(out, nsr->id, chain, message->step + 1);
    nsr->is_done = ++nsr->chains_done == CHAINS;
    return 0;
}

static void post_update(const struct nsr *nsr)
{
    char progress[12];
    const char *values[4] = {nsr->id, progress, nsr->is_done ? "ACTIVE" : "DEPLOYING", nsr->doc};

    snprintf(progress, sizeof progress, "%d", nsr->chains_done + 10 * nsr->launched);
    post("update", 4, values, NULL, NULL);
}

static void post_outbox(const struct outgoing *out, int count)
{
    static struct text_array queues, bodies;
    struct id_array ids = {.used = 0}, nsrs = {.used = 0};
    const char *values[4] = {ids.text, nsrs.text, queues.bytes, bodies.bytes};
    int lengths[4] = {0};
    const int formats[4] = {0, 0, 1, 1};

    text_array_init(&queues, count);
    text_array_init(&bodies, count);
    for (int i = 0; i < count; i++) {
        array_add(&ids, out[i].id);
        array_add(&nsrs, out[i].nsr);
        text_array_add(&queues, out[i].queue, strlen(out[i].queue));
        text_array_add(&bodies, out[i].body, out[i].length);
    }
    memcpy(ids.text + ids.used, "}", 2);
    memcpy(nsrs.text + nsrs.used, "}", 2);
    lengths[2] = (int)queues.used;
    lengths[3] = (int)bodies.used;
    post("outbox", 4, values, lengths, formats);
}

int store_handle(const struct message *messages, int count, struct outgoing *out,
                 char (*sent)[ID_SIZE], int sent_count)
{
    struct nsr nsrs[BATCH_MAX];
    struct id_array history = {.used = 0}, deleted = {.used = 0};
    int out_count = 0, nsr_count = lock_nsrs(messages, count, nsrs);

    for (int i = 0; i < count; i++) {
        int n = find_nsr(nsrs, nsr_count, messages[i].nsr);
        out_count += decide(&nsrs[n], &messages[i], out + out_count);
        array_add(&history, messages[i].nsr);
    }
    for (int i = 0; i < nsr_count; i++) {
        post_update(&nsrs[i]);
        free(nsrs[i].doc);
    }
    if (out_count > 0)
        post_outbox(out, out_count);
    post_array("history", &history);
    for (int i = 0; i < sent_count; i++)
        array_add(&deleted, sent[i]);
    if (sent_count > 0)
        post_array("delete", &deleted);
    post("commit", 0, NULL, NULL, NULL);
    post_sync_and_drain();
    for (int i = 0; i < nsr_count; i++)
        if (nsrs[i].is_done)
            nsr_is_done(nsrs[i].id);
    floor_shared->transactions++;
    floor_shared->messages += count;
    return out_count;
}

void store_delete_sent(char (*sent)[ID_SIZE], int count)
{
    struct id_array ids = {.used = 0};

    for (int i = 0; i < count; i++)
        array_add(&ids, sent[i]);
    post_array("delete", &ids);
    post_sync_and_drain();
}
