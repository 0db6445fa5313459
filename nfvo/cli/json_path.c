#include "nfvo/cli/json_path.h"

#include "common/base/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum kind { MEMBER, ANY, INDEX, DEEP, FILTER };
enum compare { IS_THERE, IS_EQUAL, IS_OTHER };

struct step {
    enum kind kind;
    char *name; /* of MEMBER; of FILTER what it is compared with */
    long index;
    enum compare compare;
    struct json_path *of; /* of FILTER */
};

struct json_path {
    struct step steps[JSON_PATH_STEPS];
    size_t n;
};

struct reader {
    const char *text;
    size_t at, len;
    struct err *err;
};

static bool refuse(struct reader *r, const char *wanted)
{
    err_set(r->err, ERR_INVALID, "'%.*s', character %zu: %s", (int)(r->len < 150 ? r->len : 150),
            r->text, r->at + 1, wanted);
    return false;
}

static bool take(struct reader *r, const char *word)
{
    size_t n = strlen(word);
    if (r->len - r->at < n || strncmp(r->text + r->at, word, n) != 0)
        return false;
    r->at += n;
    return true;
}

static struct step *add(struct reader *r, struct json_path *p, enum kind kind)
{
    if (p->n == JSON_PATH_STEPS) {
        refuse(r, "the path is too long");
        return NULL;
    }
    p->steps[p->n].kind = kind;
    return &p->steps[p->n++];
}

static bool read_name(struct reader *r, struct json_path *p)
{
    size_t from = r->at;
    if (take(r, "*"))
        return add(r, p, ANY) != NULL;
    while (r->at < r->len && !strchr(".[]()=!<>'\" ", r->text[r->at]))
        r->at++;
    if (r->at == from)
        return refuse(r, "a name is expected");
    struct step *s = add(r, p, MEMBER);
    if (s)
        s->name = xstrndup(r->text + from, r->at - from);
    return s != NULL;
}

/* 'text' or "text", without escapes. */
static char *read_quoted(struct reader *r)
{
    char quote = r->text[r->at];
    const char *from = r->text + r->at + 1, *end = memchr(from, quote, r->len - r->at - 1);
    if (!end)
        return NULL;
    r->at += (size_t)(end - from) + 2;
    return xstrndup(from, (size_t)(end - from));
}

static bool is_quote(const struct reader *r)
{
    return r->at < r->len && (r->text[r->at] == '\'' || r->text[r->at] == '"');
}

static bool read_steps(struct reader *r, struct json_path *p, bool is_inner);

/* "?(" is taken. */
static bool read_filter(struct reader *r, struct json_path *p)
{
    struct step *s = add(r, p, FILTER);
    if (!s)
        return false;
    if (!take(r, "@"))
        return refuse(r, "'@' is expected");
    s->of = xcalloc(1, sizeof(*s->of));
    if (!read_steps(r, s->of, true))
        return false;
    while (take(r, " "))
        ;
    s->compare = take(r, "==") ? IS_EQUAL : take(r, "!=") ? IS_OTHER : IS_THERE;
    while (take(r, " "))
        ;
    if (s->compare != IS_THERE && is_quote(r)) {
        s->name = read_quoted(r);
    } else if (s->compare != IS_THERE) {
        size_t from = r->at;
        while (r->at < r->len && r->text[r->at] != ')')
            r->at++;
        s->name = xstrndup(r->text + from, r->at - from);
    }
    if (s->compare != IS_THERE && !s->name)
        return refuse(r, "the quote does not end");
    return take(r, ")") && take(r, "]") ? true : refuse(r, "')]' is expected");
}

/* "[" is taken. */
static bool read_bracket(struct reader *r, struct json_path *p)
{
    if (take(r, "?("))
        return read_filter(r, p);
    if (take(r, "*]"))
        return add(r, p, ANY) != NULL;
    if (is_quote(r)) {
        struct step *s = add(r, p, MEMBER);
        if (!s)
            return false;
        s->name = read_quoted(r);
        if (!s->name)
            return refuse(r, "the quote does not end");
    } else {
        char digits[12] = "";
        size_t n = 0;
        while (n + 1 < sizeof(digits) && r->at < r->len &&
               (isdigit((unsigned char)r->text[r->at]) || (n == 0 && r->text[r->at] == '-')))
            digits[n++] = r->text[r->at++];
        if (n == 0 || !isdigit((unsigned char)digits[n - 1]))
            return refuse(r, "a number, '*', a text in quotes or '?(' is expected");
        struct step *s = add(r, p, INDEX);
        if (!s)
            return false;
        s->index = strtol(digits, NULL, 10);
    }
    return take(r, "]") ? true : refuse(r, "']' is expected");
}

static bool read_steps(struct reader *r, struct json_path *p, bool is_inner)
{
    while (r->at < r->len) {
        if (is_inner && strchr("=!) ", r->text[r->at]))
            return true;
        if (take(r, "[")) {
            if (!read_bracket(r, p))
                return false;
            continue;
        }
        bool is_deep = take(r, "..");
        if (!is_deep && !take(r, ".") && !(r->at == 0 && !is_inner))
            return refuse(r, "'.' or '[' is expected");
        if (is_deep && !add(r, p, DEEP))
            return false;
        if (!is_deep && r->at == r->len && p->n == 0) /* ".": the whole */
            return true;
        if (r->at < r->len && r->text[r->at] == '[')
            continue;
        if (!read_name(r, p))
            return false;
    }
    return true;
}

struct json_path *json_path_new(const char *text, size_t len, struct err *err)
{
    struct reader r = {.text = text, .len = len, .err = err};
    struct json_path *p = xcalloc(1, sizeof(*p));
    if (len > 0 && text[0] == '$') {
        r.text++;
        r.len--;
    }
    if (read_steps(&r, p, false))
        return p;
    json_path_free(p);
    return NULL;
}

void json_path_free(struct json_path *p)
{
    for (size_t i = 0; p && i < p->n; i++) {
        free(p->steps[i].name);
        json_path_free(p->steps[i].of);
    }
    free(p);
}

static void add_children(json_t *to, const json_t *of)
{
    const char *name;
    json_t *value;
    size_t i;
    if (json_is_array(of))
        json_array_foreach(of, i, value) json_array_append(to, value);
    else
        json_object_foreach((json_t *)(uintptr_t)of, name, value) json_array_append(to, value);
}

/* It, and all below it; as a list that grows while it is walked: depth costs no stack. */
static void add_deep(json_t *to, json_t *of)
{
    size_t i = json_array_size(to);
    json_array_append(to, of);
    for (; i < json_array_size(to); i++)
        add_children(to, json_array_get(to, i));
}

static bool holds(const struct step *s, const json_t *element)
{
    json_t *found = json_path_find(s->of, element);
    bool is_there = json_array_size(found) > 0, is_equal = false;
    if (is_there && s->compare != IS_THERE) {
        AUTO(sbuf_release) struct sbuf text = SBUF_INIT;
        json_path_put(&text, json_array_get(found, 0));
        is_equal = text.s && strcmp(text.s, s->name) == 0;
    }
    json_decref(found);
    return s->compare == IS_THERE ? is_there : s->compare == IS_EQUAL ? is_equal : !is_equal;
}

static void step_on(const struct step *s, json_t *from, json_t *to)
{
    size_t i, n = json_array_size(from);
    json_t *element, *member = NULL;
    switch (s->kind) {
    case MEMBER:
        member = json_object_get(from, s->name);
        break;
    case INDEX:
        if (json_is_array(from) && s->index < 0)
            member = json_array_get(from, n + (size_t)s->index);
        else
            member = json_array_get(from, (size_t)s->index);
        break;
    case ANY:
        add_children(to, from);
        break;
    case DEEP:
        add_deep(to, from);
        break;
    case FILTER:
        json_array_foreach(from, i, element) if (holds(s, element)) json_array_append(to, element);
        break;
    }
    if (member)
        json_array_append(to, member);
}

json_t *json_path_find(const struct json_path *p, const json_t *root)
{
    json_t *at = json_array(), *element;
    size_t i;
    json_array_append(at, (json_t *)(uintptr_t)root);
    for (size_t k = 0; k < p->n; k++) {
        json_t *next = json_array();
        json_array_foreach(at, i, element) step_on(&p->steps[k], element, next);
        json_decref(at);
        at = next;
    }
    return at;
}

void json_path_put(struct sbuf *out, const json_t *value)
{
    sbuf_adds(out, ""); /* empty, and not NULL */
    if (json_is_string(value)) {
        sbuf_adds(out, json_string_value(value));
        return;
    }
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    sbuf_adds(out, text ? text : "");
    free(text);
}
