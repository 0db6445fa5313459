/* The one decoder, encoder and validator of everything that is JSON on a wire or in our store.
 * It walks field tables. A record is declared once, as a table:
 *
 *     #define IP_FIELDS(X)                       // amqp-protocol.md 9.2
 *         X(STR, net_name, "netName", _, REQUIRED)
 *         X(STR, ip,       "ip",      _, OPTIONAL)
 *     PROTO_RECORD(ip, IP_FIELDS)                // header: struct ip, ip_list, ip_map; ip_type
 *     PROTO_RECORD_DEFINE(ip, IP_FIELDS)         // one .c: the field table ip_type
 *
 * Columns: kind, member of the struct, name on the wire, record type of the elements (or _), flags;
 * further columns follow as designated initialisers: `OWN_NFVO, .alias = "cyclic_dependency"`.
 *
 *     AUTO(arena_release) struct arena a = ARENA_INIT;
 *     struct nsd *nsd;
 *     if (proto_decode(&nsd_type, text, len, 0, &a, &nsd, &err) != ERR_OK)
 *         ...                                    // err.where = "vnfd[0].vdu[1].vm_image"
 *     proto_encode(&nsd_type, nsd, PROTO_COMPLETE, &out);
 *
 * Memory: everything decoded lives in the arena that the caller gives; nothing is freed singly.
 * Text is copied: the input may go.
 *
 * Limits against hostile input: depth PROTO_DEPTH_MAX, unknown members of one record
 * PROTO_EXTRA_MAX, arena use PROTO_ARENA_MAX per call; all of them hold through a text in a text
 * (OBJECT_IN_TEXT). Elements are not counted: what is typed is bounded by the memory it takes, what
 * is skipped or kept as text takes no more than the text. (When skipped arrays had a limit and
 * typed ones of bytes had none, what one process could store another could not pass by.) The size
 * of the text is the caller's to bound before it is read. Decoding is linear in the text, but for
 * maps' keys, which are sorted; merging n into m elements takes O((n + m) log m).
 *
 * What is JSON here: RFC 8259 in UTF-8, without U+0000 (PostgreSQL could not keep it). Differences
 * to jansson, the oracle of the tests and of the fuzzer:
 *   - a byte order mark before the document is skipped;
 *   - null counts as absent, also as an element or in a map (amqp-protocol.md 6, end; Go, Python);
 *   - a member that comes twice: the last value that is not null counts;
 *   - numbers are looked at where a member of kind INT or REAL wants one; elsewhere they are text
 *     and may have any size;
 *   - the limits above.
 * Unknown members are kept as text and written back (decisions.md D2).
 * Numbers are read and written by the C library: no process of ours may set LC_NUMERIC.
 *
 * Why not jansson underneath: measured in shared/floor, decoding and dumping 8 KB documents with it
 * costs half of the whole orchestrator's rate (126 against 230 NSR/s). tests/bench/codec.c says
 * what it is today. */
#ifndef PROTO_CODEC_CODEC_H
#define PROTO_CODEC_CODEC_H

#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/base/sbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROTO_DEPTH_MAX 32
#define PROTO_EXTRA_MAX 256 /* each is compared with each, to find those that come twice */
#define PROTO_ARENA_MAX ((size_t)64 * 1024 * 1024)
/* Elements of one collection that merging makes: see proto_merge. */
#define PROTO_MERGE_MAX 100000

/* clang-format off */
enum proto_kind {
    PROTO_STR,     /* const char *m; NULL = absent. A number or boolean is taken as its text */
    PROTO_INT,     /* int64_t m; a number in a string is accepted */
    PROTO_BOOL,    /* bool m; "true" in a string is accepted */
    PROTO_REAL,    /* double m */
    PROTO_STRS,    /* struct proto_strs m: ["a","b"] */
    PROTO_STRMAP,  /* struct proto_strmap m: {"k":"v"}, order kept */
    PROTO_STRSMAP, /* struct proto_strsmap m: {"k":["a","b"]} */
    PROTO_REC,     /* struct sub *m */
    PROTO_LIST,    /* struct sub_list m */
    PROTO_MAP,     /* struct sub_map m: {"k":{...}} */
    PROTO_LISTMAP, /* struct sub_listmap m: {"k":[{...}]} */
    PROTO_BYTES,   /* struct proto_bytes m: array of (signed) byte integers, or base64 text: TRAP of
                    * amqp-protocol.md 3.1 */
    PROTO_RAW,     /* struct proto_raw m: any JSON value, kept as text */
};

enum proto_flags {
    OPTIONAL = 0,
    REQUIRED = 1 << 0,       /* proto_validate: present and not empty */
    EMIT = 1 << 1,           /* written under PROTO_COMPLETE even when empty, zero or false: Java
                              * peers iterate without null check */
    SECRET = 1 << 2,         /* masked by PROTO_MASK, left out by PROTO_NO_SECRETS */
    POSITIVE = 1 << 3,       /* proto_validate: INT >= 1 when present */
    NATURAL = 1 << 4,        /* proto_validate: INT >= 0 */
    NAME_OF_OBJECT = 1 << 5, /* STR: {"name":"x"} means "x" (old documents) */
    OBJECT_IN_TEXT = 1 << 6, /* REC: a string that holds the object's JSON (amqp-protocol.md 2.2) */
    FIRST_OF_ARRAY = 1 << 7, /* STR: an array of strings means its first (Go: connectivity_type) */
    /* A record that comes back from a peer, see proto_merge. Without a flag: the peer's counts. */
    OWN_NFVO = 1 << 8,       /* the peer's value is ignored */
    OWN_IF_NEW = 1 << 9,     /* the peer's value counts only where none is stored */
    KEY = 1 << 10,           /* STR: elements of lists are the same when this member is equal; the
                              * first KEY that both have decides */
    MIRROR = 1 << 11,        /* LIST: what the peer does not list is gone (a refreshed PoP) */
    OWN_ALLOCATED = 1 << 12, /* OWN_IF_NEW in a record that the NFVO allocated; in one that the peer
                              * made itself the peer's value counts, a list as one value */
    EMPTY_COUNTS = 1 << 13,  /* STR: a value also when empty, see PROTO_EMPTY_IS_ABSENT */
    APART = 1 << 14,         /* not in the stored document (PROTO_STORED): in rows beside it */
    TRUE_IF_ABSENT = 1 << 15, /* BOOL: true in the reference's class: so in a new record and in a text
                               * that lacks it; written when false, and under PROTO_COMPLETE */
    ENTITY = 1 << 16, /* small members of every entity: written under PROTO_ENTITY even when empty,
                       * zero or false; under PROTO_LEAN never then, also when they were read */
    REFERABLE = 1 << 21,     /* LIST: an element with an id may refer to a stored record */
    BEGINNINGS = 1 << 22,    /* STR with words: "S*" stands for all of them that begin so */
    INT32 = 1 << 20,         /* proto_validate: INT that fits 32 bits, as Java peers keep it */
};
/* clang-format on */

struct proto_extra { /* unknown members, in the order they came */
    struct proto_extra *next;
    const char *key, *value;
    size_t value_len;
};

struct proto_rec { /* every record begins with this */
    /* Bit i: the decoded text carried field i, not null. Not set by hand: what is not zero is
     * always written. */
    uint64_t seen;
    struct proto_extra *extra;
};

/* clang-format off */
struct proto_strs { const char **at; uint32_t n; };
struct proto_strpair { const char *key, *value; };
struct proto_strmap { struct proto_strpair *at; uint32_t n; };
struct proto_strspair { const char *key; struct proto_strs value; };
struct proto_strsmap { struct proto_strspair *at; uint32_t n; };
struct proto_bytes { const uint8_t *at; size_t n; };
struct proto_raw { const char *at; size_t n; };
/* The shapes that the codec knows of the typed lists and maps that PROTO_RECORD makes. */
struct proto_list { void **at; uint32_t n; };
struct proto_pair { const char *key; void *value; };
struct proto_map { struct proto_pair *at; uint32_t n; };
struct proto_listpair { const char *key; struct proto_list value; };
struct proto_listmap { struct proto_listpair *at; uint32_t n; };
/* clang-format on */

/* What a text must be like, beside its presence: proto/records/form.h has ours. "" is absent and
 * has no form. */
struct proto_form {
    /* NULL: fine. Else what is wrong, behind the value: "is not an IPv4 address". */
    const char *(*wrong)(const char *text);
    /* Matches what is fine, and "" (ECMA 262, for the JSON Schema); may match more; NULL: all. */
    const char *pattern;
    int max; /* characters; 0: any number */
};

struct proto_type;
struct proto_field {
    const char *wire;
    const struct proto_type *type; /* of REC, LIST, MAP, LISTMAP */
    uint16_t offset;
    uint8_t kind, wire_len;
    uint32_t flags;
    const char *alias;             /* second name, accepted on input only */
    const char *const *words;      /* STR: the words allowed (proto_validate), NULL-terminated */
    const struct proto_form *form; /* STR, each of STRS (proto_validate); NULL: any text */
};
struct proto_type {
    const char *name; /* "vnfr" */
    const struct proto_field *fields;
    uint32_t n_fields; /* at most 64 */
    uint32_t size;
    uint32_t n_true; /* fields marked TRUE_IF_ABSENT */
};

/* clang-format off */
#define PROTO_MEMBER_STR(m, t)     const char *m;
#define PROTO_MEMBER_INT(m, t)     int64_t m;
#define PROTO_MEMBER_BOOL(m, t)    bool m;
#define PROTO_MEMBER_REAL(m, t)    double m;
#define PROTO_MEMBER_STRS(m, t)    struct proto_strs m;
#define PROTO_MEMBER_STRMAP(m, t)  struct proto_strmap m;
#define PROTO_MEMBER_STRSMAP(m, t) struct proto_strsmap m;
#define PROTO_MEMBER_REC(m, t)     struct t *m;
#define PROTO_MEMBER_LIST(m, t)    struct t##_list m;
#define PROTO_MEMBER_MAP(m, t)     struct t##_map m;
#define PROTO_MEMBER_LISTMAP(m, t) struct t##_listmap m;
#define PROTO_MEMBER_BYTES(m, t)   struct proto_bytes m;
#define PROTO_MEMBER_RAW(m, t)     struct proto_raw m;
#define PROTO_TYPE_STR(t)     NULL
#define PROTO_TYPE_INT(t)     NULL
#define PROTO_TYPE_BOOL(t)    NULL
#define PROTO_TYPE_REAL(t)    NULL
#define PROTO_TYPE_STRS(t)    NULL
#define PROTO_TYPE_STRMAP(t)  NULL
#define PROTO_TYPE_STRSMAP(t) NULL
#define PROTO_TYPE_REC(t)     &t##_type
#define PROTO_TYPE_LIST(t)    &t##_type
#define PROTO_TYPE_MAP(t)     &t##_type
#define PROTO_TYPE_LISTMAP(t) &t##_type
#define PROTO_TYPE_BYTES(t)   NULL
#define PROTO_TYPE_RAW(t)     NULL

#define PROTO_MEMBER(kind, m, wire, t, ...) PROTO_MEMBER_##kind(m, t)
#define PROTO_FIRST_(first, ...) (first)
#define PROTO_IS_TRUE(kind, m, wire, t, ...) +(PROTO_FIRST_(__VA_ARGS__, _) & TRUE_IF_ABSENT ? 1 : 0)
#define PROTO_ROW(kind_, m, wire_, t, ...)                                                         \
    { .wire = wire_, .wire_len = sizeof(wire_) - 1, .kind = PROTO_##kind_, .type = PROTO_TYPE_##kind_(t), \
      .offset = offsetof(PROTO_THIS, m), .flags = __VA_ARGS__ },

#define PROTO_FORWARD(name)                                                                        \
    struct name;                                                                                   \
    struct name##_list { struct name **at; uint32_t n; };                                          \
    struct name##_pair { const char *key; struct name *value; };                                   \
    struct name##_map { struct name##_pair *at; uint32_t n; };                                     \
    struct name##_listpair { const char *key; struct name##_list value; };                         \
    struct name##_listmap { struct name##_listpair *at; uint32_t n; };                             \
    extern const struct proto_type name##_type;
#define PROTO_STRUCT(name, FIELDS) struct name { struct proto_rec rec; FIELDS(PROTO_MEMBER) };
#define PROTO_RECORD(name, FIELDS) PROTO_FORWARD(name) PROTO_STRUCT(name, FIELDS)

/* In a .c:  #define PROTO_THIS struct ip
 *           PROTO_RECORD_DEFINE(ip, IP_FIELDS)
 *           #undef PROTO_THIS                     (offsetof needs the struct's name, and rows do not carry it) */
#define PROTO_RECORD_DEFINE(name_, FIELDS)                                                         \
    static const struct proto_field name_##_fields[] = { FIELDS(PROTO_ROW) };                      \
    _Static_assert(sizeof(name_##_fields) / sizeof(name_##_fields[0]) <= 64, "seen has 64 bits");  \
    const struct proto_type name_##_type = { #name_, name_##_fields,                               \
        sizeof(name_##_fields) / sizeof(name_##_fields[0]), sizeof(struct name_), 0 FIELDS(PROTO_IS_TRUE) };
/* clang-format on */

/* --- decode ---------------------------------------------------------------------------------- */
enum proto_decode_flags {
    /* Strings in single quotes: Java plugin SDK's registration (amqp-protocol.md 2.2). */
    PROTO_SINGLE_QUOTES = 1 << 0,
    /* An empty string is not a value, but absent: Go peers send one for each member that they do
     * not set. Members marked EMPTY_COUNTS keep theirs. */
    PROTO_EMPTY_IS_ABSENT = 1 << 1,
};
/* *ret_rec is set only on success. Errors: ERR_SYNTAX (not JSON, wrong type), ERR_LIMIT; err->where
 * is the JSON path, the message says what was expected there, what was found, and line and column.
 */
MUST_USE enum err_code proto_decode(const struct proto_type *type, const char *text, size_t len,
                                    unsigned flags, struct arena *a, void *ret_rec,
                                    struct err *err);
/* An array of records, e.g. a driver's answer to listServer; null is an empty list. */
MUST_USE enum err_code proto_decode_list(const struct proto_type *type, const char *text,
                                         size_t len, struct arena *a, void *ret_list,
                                         struct err *err);
/* The same, element by element, for arrays that may be long: each(arg, record) is called for every
 * one; the record and all in it end with the call (proto_dup keeps them), so memory does not grow
 * with the array, and PROTO_ARENA_MAX is each element's. Elements before one that cannot be read
 * were reported. */
MUST_USE enum err_code proto_decode_each(const struct proto_type *type, const char *text,
                                         size_t len, void (*each)(void *arg, const void *rec),
                                         void *arg, struct err *err);
/* An array of texts, none of them empty: what a user lists (ids). Not lenient as a member of kind
 * STRS is with peers: what is no text is refused with its place, "[1]". */
MUST_USE enum err_code proto_decode_texts(const char *text, size_t len, struct arena *a,
                                          struct proto_strs *ret, struct err *err);
/* Is the body empty, blank or `null`? Peers answer so when they have nothing to say
 * (amqp-protocol.md 3.1, 5.3): neither an error nor a record. */
bool proto_is_nothing(const char *text, size_t len);

/* --- encode ---------------------------------------------------------------------------------- */
enum proto_encode_flags {
    PROTO_COMPLETE = 1 << 0,   /* members marked EMIT are written even when empty */
    PROTO_MASK = 1 << 1,       /* members marked SECRET become ten asterisks (REST answers, logs) */
    PROTO_NO_SECRETS = 1 << 2, /* members marked SECRET are left out (history, events) */
    PROTO_STORED = 1 << 4,     /* members marked APART are left out, even when EMIT */
    PROTO_BASE64 = 1 << 3, /* BYTES as base64 (driver RPC, EMS); else signed integers (Or-Vnfm) */
    PROTO_ENTITY = 1 << 5, /* members marked ENTITY are written even when empty */
    PROTO_ENTITY_OUTER = 1 << 6, /* those of the record itself, not of what is inside it */
    PROTO_LEAN = 1 << 7,         /* members marked ENTITY only when they say something */
    PROTO_REST =
        PROTO_COMPLETE | PROTO_ENTITY, /* an entity as REST shows it (rest-api.md, section 0) */
};
/* What is written is always JSON: bytes that are not UTF-8 (the output of a script) become U+FFFD,
 * and so does U+0000. */
void proto_encode(const struct proto_type *type, const void *rec, unsigned flags, struct sbuf *out);
void proto_encode_list(const struct proto_type *type, const void *list, unsigned flags,
                       struct sbuf *out);
/* A JSON string literal with its quotes. */
void proto_quote(struct sbuf *out, const char *text, size_t len);
void proto_quotes(struct sbuf *out, const char *text);

/* --- check ----------------------------------------------------------------------------------- */
/* Members marked REQUIRED, POSITIVE, NATURAL, INT32, words and forms. The first violation is
 * returned as ERR_INVALID: "vnfd[0].vdu[1].vm_image: must not be empty", the path also in
 * err->where. */
MUST_USE enum err_code proto_validate(const struct proto_type *type, const void *rec,
                                      struct err *err);
/* Only what is there and is not like it must be: forms, INT32, negative numbers. For bodies whose
 * required members have a rule of their own. */
MUST_USE enum err_code proto_validate_forms(const struct proto_type *type, const void *rec,
                                            struct err *err);
/* All violations (at most max): each is reported; returns how many there were. */
int proto_validate_all(const struct proto_type *type, const void *rec, int max,
                       void (*report)(void *arg, const char *path, const char *what), void *arg);
/* Only some of them. */
enum proto_check {
    PROTO_CHECK_PRESENCE = 1 << 0, /* REQUIRED, words */
    PROTO_CHECK_FORMS = 1 << 1,    /* what proto_validate_forms looks at */
};
int proto_check(const struct proto_type *type, const void *rec, unsigned checks, int max,
                void (*report)(void *arg, const char *path, const char *what), void *arg);

/* --- copy and merge -------------------------------------------------------------------------- */
void *proto_new(const struct proto_type *type, struct arena *a); /* empty, but TRUE_IF_ABSENT */
void proto_set_true(const struct proto_type *type, void *rec);   /* those: of a type with n_true */
/* Deep; the copy borrows nothing. */
void *proto_dup(const struct proto_type *type, const void *rec, struct arena *a);
/* Take into dst what a peer sent.
 *   - Members that src carries replace those of dst, unless the table says that the NFVO owns them
 *     (OWN_NFVO) or that only a missing or empty one is taken (OWN_IF_NEW, OWN_ALLOCATED).
 *   - Records merge recursively. A record that dst lacks is merged into an empty one: what the NFVO
 *     owns does not come in with new elements either.
 *   - Lists of records match elements by KEY members: matched ones merge, new ones are added,
 *     missing ones stay (MIRROR: go). When no element of src has any key, nothing tells them apart:
 *     the list is replaced as one value.
 *   - Maps match by key: missing ones stay (Go sends an empty metadata back).
 *   - What would exceed PROTO_MERGE_MAX elements or PROTO_EXTRA_MAX members is dropped: a peer must
 *     not be able to add, message by message, until the stored record can no longer be read.
 * src is borrowed into dst: same arena, or one that lives longer. */
void proto_merge(const struct proto_type *type, void *dst, const void *src, struct arena *a);

/* The same, when not every record is the NFVO's work: is_ours tells for a record of dst whose type
 * has OWN_ALLOCATED members whether the NFVO allocated it. NULL, and proto_merge: all of them. */
struct proto_allocator {
    bool (*is_ours)(void *arg, const struct proto_type *type, const void *rec);
    void *arg;
};
void proto_merge_allocated(const struct proto_type *type, void *dst, const void *src,
                           const struct proto_allocator *allocator, struct arena *a);

/* --- lists ----------------------------------------------------------------------------------- */
/* Append to a typed list or map: proto_list_add(&vnfr->vdu, vdu, a). Elements are borrowed. */
#define proto_list_add(list, element, a)                                                           \
    do {                                                                                           \
        (list)->at = arena_grow_array((a), (list)->at, (list)->n, sizeof((list)->at[0]));          \
        (list)->at[(list)->n++] = (element);                                                       \
    } while (0)
#define proto_map_add(map, key_, value_, a)                                                        \
    do {                                                                                           \
        (map)->at = arena_grow_array((a), (map)->at, (map)->n, sizeof((map)->at[0]));              \
        (map)->at[(map)->n].key = (key_);                                                          \
        (map)->at[(map)->n++].value = (value_);                                                    \
    } while (0)
bool proto_strs_has(const struct proto_strs *list, const char *text);
const char *proto_strmap_get(const struct proto_strmap *map, const char *key); /* NULL if absent */
void proto_strmap_set(struct proto_strmap *map, const char *key, const char *value,
                      struct arena *a);

#endif
