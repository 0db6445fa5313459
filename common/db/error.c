#include "common/db/internal.h"

#include <ctype.h>
#include <stdio.h>

/* The first row that is a prefix of the SQLSTATE decides: exceptions stand before their class. */
static const struct {
    const char *prefix;
    enum err_code code;
    const char *hint;
} mapping[] = {
    /* clang-format off */
    { "40",    ERR_STATE,   "another transaction was in the way: run it again" }, /* serialization, deadlock */
    { "55P03", ERR_STATE,   "another transaction holds the lock: run it again" },
    { "26000", ERR_STATE,   "the connection was reset behind our back: run it again" },
    { "23505", ERR_EXISTS,  NULL },
    { "23P01", ERR_EXISTS,  NULL },
    { "23503", ERR_STATE,   NULL },
    { "57014", ERR_TIMEOUT, "look in pg_stat_activity for what holds the statement up, or raise the statement timeout" },
    { "57",    ERR_UNAVAIL, "the server ended the connection; it is opened again" },
    { "25P03", ERR_UNAVAIL, "the transaction was left idle for too long" },
    { "25006", ERR_UNAVAIL, "this server is a standby: add target_session_attrs=read-write to the conninfo" },
    { "08P01", ERR_INTERNAL, NULL }, /* protocol violation: such as too few parameters */
    { "08",    ERR_UNAVAIL, NULL },
    { "28",    ERR_UNAVAIL, NULL },
    { "3D",    ERR_UNAVAIL, NULL },
    { "53300", ERR_UNAVAIL, "raise max_connections of PostgreSQL, or run fewer workers" },
    { "53",    ERR_UNAVAIL, NULL },
    { "22021", ERR_INVALID, "the text is not valid UTF-8: refuse such input where it enters" },
    { "22P05", ERR_INVALID, NULL },
    { "54",    ERR_LIMIT,   NULL },
    { "",      ERR_INTERNAL, NULL },
    /* clang-format on */
};

static size_t mapping_find(const char *sqlstate)
{
    size_t i = 0;
    while (strncmp(sqlstate, mapping[i].prefix, strlen(mapping[i].prefix)) != 0)
        i++;
    return i;
}

static int sqlstate_pack(const char *s)
{
    return s && strlen(s) == 5 ? DB_SQLSTATE(s[0], s[1], s[2], s[3], s[4]) : 0;
}

void db_sqlstate_text(int sqlstate, char ret[static 6])
{
    for (int i = 0; i < 5; i++)
        ret[i] = (char)('0' + (sqlstate >> 6 * i & 63));
    ret[5] = '\0';
}

enum err_code db_error_code(const char *sqlstate, const char *function)
{
    if (!sqlstate)
        return ERR_INTERNAL;
    /* "cached plan must not change result type": a migration added a column. The text is
     * translated, other "feature not supported" are bugs: only the function tells them apart. */
    if (strcmp(sqlstate, "0A000") == 0 && function &&
        strcmp(function, "RevalidateCachedQuery") == 0)
        return ERR_STATE;
    return mapping[mapping_find(sqlstate)].code;
}

bool db_error_outdates(const struct err *err)
{
    return err->code == ERR_STATE && (err->sys == DB_SQLSTATE('0', 'A', '0', '0', '0') ||
                                      err->sys == DB_SQLSTATE('2', '6', '0', '0', '0'));
}

bool db_is_retryable(const struct err *err)
{
    return err->code == ERR_STATE &&
           (err->sys == DB_SQLSTATE('4', '0', '0', '0', '1') ||
            err->sys == DB_SQLSTATE('4', '0', 'P', '0', '1') ||
            err->sys == DB_SQLSTATE('5', '5', 'P', '0', '3') || db_error_outdates(err));
}

/* From the first to the last quote, as the value itself may contain some. */
void db_mask_quoted(char *text)
{
    char *first = strchr(text, '"'), *last = strrchr(text, '"');
    if (!first || last == first)
        return;
    size_t tail = strlen(last) + 1;
    if (last - first >= 4) {
        memcpy(first + 1, "...", 3);
        memmove(first + 4, last, tail);
    } else {
        memmove(first + 1, last, tail);
    }
}

static void one_line(char *text)
{
    size_t n = strlen(text);
    while (n && isspace((unsigned char)text[n - 1]))
        text[--n] = '\0';
    for (; *text; text++)
        if (iscntrl((unsigned char)*text))
            *text = ' ';
}

/* Details tell values ("Key (name)=(secret) already exists.", "Failing row contains (...)"): of
 * those about keys the value is cut out, of the harmless kinds (deadlock, resources,
 * administration) the detail is kept, all others are dropped. */
static bool detail_without_values(const struct db_diag *diag, char *ret, size_t size)
{
    const char *detail = diag->detail, *value, *end;
    if (!detail)
        return false;
    if (strcmp(diag->sqlstate, "23505") == 0 || strcmp(diag->sqlstate, "23503") == 0) {
        value = strstr(detail, ")=(");
        end = value ? strrchr(value + 3, ')') : NULL;
        if (!end)
            return false;
        snprintf(ret, size, "%.*s%s", (int)(value + 1 - detail), detail, end + 1);
        return true;
    }
    snprintf(ret, size, "%s", detail);
    return strncmp(diag->sqlstate, "40", 2) == 0 || strncmp(diag->sqlstate, "53", 2) == 0 ||
           strncmp(diag->sqlstate, "55", 2) == 0 || strncmp(diag->sqlstate, "57", 2) == 0;
}

enum err_code db_error_set(struct err *err, const struct db_diag *diag)
{
    char message[sizeof(err->msg)], detail[sizeof(err->hint)];
    const char *state = diag->sqlstate ? diag->sqlstate : "";
    enum err_code code = db_error_code(diag->sqlstate, diag->function);
    if (!err)
        return code;

    snprintf(message, sizeof(message), "%s", diag->message ? diag->message : err_text(code));
    if (strncmp(state, "22", 2) == 0) /* data exceptions quote the value */
        db_mask_quoted(message);
    one_line(message);
    err_set(err, code, "statement '%s': %s", diag->statement ? diag->statement : "?", message);
    err->sys = sqlstate_pack(diag->sqlstate);

    if (diag->hint)
        err_hint(err, "%s", diag->hint);
    else if (diag->sqlstate && detail_without_values(diag, detail, sizeof(detail)))
        err_hint(err, "%s", detail);
    else if (mapping[mapping_find(state)].hint)
        err_hint(err, "%s", mapping[mapping_find(state)].hint);
    one_line(err->hint);
    if (diag->constraint)
        err_where(err, "%s", diag->constraint);
    return code;
}

enum err_code db_error_of_result(struct err *err, const struct db_statement *statement,
                                 const PGresult *res)
{
    struct db_diag diag = {
        .statement = statement ? statement->name : NULL,
        .sqlstate = PQresultErrorField(res, PG_DIAG_SQLSTATE),
        .message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY),
        .detail = PQresultErrorField(res, PG_DIAG_MESSAGE_DETAIL),
        .hint = PQresultErrorField(res, PG_DIAG_MESSAGE_HINT),
        .constraint = PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME),
        .function = PQresultErrorField(res, PG_DIAG_SOURCE_FUNCTION),
    };
    return db_error_set(err, &diag);
}

enum err_code db_error_of_connection(struct err *err, const PGconn *pg, const char *what)
{
    char text[512];
    snprintf(text, sizeof(text), "%s", pg ? PQerrorMessage(pg) : "out of memory");
    char *hint = strstr(text, "\n\t"); /* libpq's own: "Is the server running locally and ..." */
    if (hint)
        *hint = '\0';
    one_line(text);
    err_set(err, ERR_UNAVAIL, "%s: %s", what, text[0] ? text : "connection lost");
    if (hint) {
        one_line(hint + 2);
        err_hint(err, "%s", hint + 2);
    }
    return ERR_UNAVAIL;
}
