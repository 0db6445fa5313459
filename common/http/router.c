#include "common/http/router.h"

#include "common/base/mem.h"

#include <stdlib.h>
#include <string.h>

struct node {
    char *literal;          /* NULL: {param} or {rest*} */
    struct node **children; /* literal ones, sorted */
    size_t child_n;
    struct node *param, *rest;
    const struct http_route **routes;
    size_t route_n;
};

struct http_router {
    struct node root;
};

/* The next segment of a pattern: its start, and its length in *ret_len. NULL at the end. */
static const char *next_segment(const char **pattern, size_t *ret_len)
{
    const char *start = *pattern + strspn(*pattern, "/");
    *ret_len = strcspn(start, "/");
    *pattern = start + *ret_len;
    return *ret_len > 0 ? start : NULL;
}

static bool is_param(const char *s, size_t len)
{
    return len > 2 && s[0] == '{' && s[len - 1] == '}';
}

static struct node *child_literal(struct node *n, const char *s, size_t len)
{
    size_t at = 0;
    for (; at < n->child_n; at++) {
        int order = strncmp(n->children[at]->literal, s, len);
        if (order == 0 && n->children[at]->literal[len] == '\0')
            return n->children[at];
        if (order > 0 || (order == 0 && n->children[at]->literal[len]))
            break;
    }
    n->children = xrealloc(n->children, (n->child_n + 1) * sizeof(struct node *));
    memmove(&n->children[at + 1], &n->children[at], (n->child_n - at) * sizeof(struct node *));
    n->children[at] = xcalloc(1, sizeof(struct node));
    n->children[at]->literal = xstrndup(s, len);
    n->child_n++;
    return n->children[at];
}

static struct node *child_of(struct node *n, const char *s, size_t len)
{
    if (!is_param(s, len))
        return child_literal(n, s, len);
    struct node **child = s[len - 2] == '*' ? &n->rest : &n->param;
    if (!*child)
        *child = xcalloc(1, sizeof(struct node));
    return *child;
}

static enum err_code add_route(struct http_router *r, const struct http_route *route,
                               struct err *err)
{
    struct node *n = &r->root;
    const char *at = route->path, *s;
    size_t len, depth = 0;
    bool is_rest = false;
    if (route->path[0] != '/' || !route->handler)
        return err_set(err, ERR_INVALID, "route '%s' has no handler or no leading '/'",
                       route->path);
    while ((s = next_segment(&at, &len))) {
        if (is_rest || ++depth > HTTP_SEGMENTS)
            return err_set(err, ERR_INVALID, "route '%s' goes on behind {rest*} or is too deep",
                           route->path);
        is_rest = is_param(s, len) && s[len - 2] == '*';
        n = child_of(n, s, len);
    }
    for (size_t i = 0; i < n->route_n; i++)
        if (strcmp(n->routes[i]->method, route->method) == 0)
            return err_set(err, ERR_INVALID, "route '%s %s' is there twice", route->method,
                           route->path);
    n->routes = xrealloc(n->routes, (n->route_n + 1) * sizeof(*n->routes));
    n->routes[n->route_n++] = route;
    return ERR_OK;
}

enum err_code http_router_new(struct http_router **ret, const struct http_route *routes,
                              struct err *err)
{
    struct http_router *r = xcalloc(1, sizeof(*r));
    for (; routes && routes->method; routes++) {
        enum err_code rc = add_route(r, routes, err);
        if (rc != ERR_OK) {
            http_router_free(r);
            return rc;
        }
    }
    *ret = r;
    return ERR_OK;
}

static void free_node(struct node *n)
{
    for (size_t i = 0; i < n->child_n; i++) {
        free_node(n->children[i]);
        free(n->children[i]);
    }
    if (n->param)
        free_node(n->param);
    if (n->rest)
        free_node(n->rest);
    free(n->param);
    free(n->rest);
    free(n->children);
    free(n->literal);
    free(n->routes);
}

void http_router_free(struct http_router *r)
{
    if (r)
        free_node(&r->root);
    free(r);
}

bool http_path_split(char *text, struct http_path *ret)
{
    ret->n = 0;
    while (*(text += strspn(text, "/"))) {
        char *end = strchrnul(text, '/'), *next = *end ? end + 1 : end;
        *end = '\0';
        if (memchr(text, '%', (size_t)(end - text)) && !http_percent_decode(text, false))
            return false;
        if (ret->n >= HTTP_SEGMENTS ||
            (text[0] == '.' && (!text[1] || (text[1] == '.' && !text[2]))))
            ret->n = HTTP_SEGMENTS + 1;
        else
            ret->segments[ret->n++] = text;
        if (ret->n > HTTP_SEGMENTS)
            return true;
        text = next;
    }
    return true;
}

struct search {
    const struct http_path *path;
    const char *method;
    struct sbuf *allow;
};

static const struct http_route *match_method(const struct node *n, const struct search *s)
{
    for (size_t i = 0; i < n->route_n; i++)
        if (strcmp(n->routes[i]->method, s->method) == 0)
            return n->routes[i];
    for (size_t i = 0; i < n->route_n; i++) {
        if (strcmp(s->method, "HEAD") == 0 && strcmp(n->routes[i]->method, "GET") == 0)
            return n->routes[i];
        if (!strstr(s->allow->s, n->routes[i]->method))
            sbuf_addf(s->allow, "%s%s%s", s->allow->len ? ", " : "", n->routes[i]->method,
                      strcmp(n->routes[i]->method, "GET") == 0 ? ", HEAD" : "");
    }
    return NULL;
}

static const struct node *find_literal(const struct node *n, const char *segment)
{
    size_t low = 0, high = n->child_n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(n->children[middle]->literal, segment);
        if (order == 0)
            return n->children[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* The literal child first, then {param}, then {rest*}: each may turn out a dead end further down.
 */
static const struct http_route *find(const struct node *n, unsigned at, const struct search *s)
{
    const struct http_route *found = NULL;
    if (at == s->path->n) {
        found = match_method(n, s);
    } else {
        const struct node *literal = find_literal(n, s->path->segments[at]);
        if (literal)
            found = find(literal, at + 1, s);
        if (!found && n->param)
            found = find(n->param, at + 1, s);
    }
    return found || !n->rest ? found : match_method(n->rest, s);
}

const struct http_route *http_router_find(const struct http_router *r, const char *method,
                                          const struct http_path *path, struct sbuf *ret_allow)
{
    if (path->n > HTTP_SEGMENTS)
        return NULL;
    return find(&r->root, 0, &(struct search){.path = path, .method = method, .allow = ret_allow});
}

int http_route_param(const struct http_route *route, const char *name, bool *ret_is_rest)
{
    const char *at = route->path, *s;
    size_t len, name_len = strlen(name);
    for (int i = 0; (s = next_segment(&at, &len)); i++) {
        if (!is_param(s, len))
            continue;
        *ret_is_rest = s[len - 2] == '*';
        size_t inner = len - 2 - *ret_is_rest;
        if (inner == name_len && memcmp(s + 1, name, inner) == 0)
            return i;
    }
    return -1;
}
