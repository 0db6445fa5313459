#include "nfvo/cli/form.h"

#include "common/base/mem.h"
#include "common/base/text.h"
#include "nfvo/cli/json_path.h"
#include "nfvo/cli/yaml.h"

#include <stdlib.h>
#include <string.h>

enum { PIECES_MAX = 64 };

enum kind { YAML, JSONPATH, TEMPLATE };

struct piece { /* text, or what stands at a path */
    char *text;
    struct json_path *path;
};

struct cli_form {
    enum kind kind;
    struct piece pieces[PIECES_MAX];
    size_t n;
    FILE *to; /* the stream that c->out was */
    struct sbuf caught;
};

static const struct {
    const char *word;
    enum kind kind;
} kinds[] = {{"yaml", YAML}, {"jsonpath=", JSONPATH}, {"template=", TEMPLATE}};

static int kind_of(const char *text)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (kinds[i].kind == YAML ? strcmp(text, kinds[i].word) == 0
                                  : text_starts_with(text, kinds[i].word))
            return (int)i;
    return -1;
}

bool cli_is_form(const char *text)
{
    return kind_of(text) >= 0;
}

/* --- reading TEXT ----------------------------------------------------------------------------- */

/* With \n, \t and \\ as what they say. */
static char *plain(const char *text, size_t len)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    sbuf_adds(&out, "");
    for (size_t i = 0; i < len; i++) {
        char next = text[i] == '\\' && i + 1 < len ? text[i + 1] : '\0';
        const char *said = next == 'n' ? "\n" : next == 't' ? "\t" : next == '\\' ? "\\" : NULL;
        sbuf_add(&out, said ? said : text + i, 1);
        i += said != NULL;
    }
    return xstrdup(out.s);
}

static enum err_code add_piece(struct cli_form *f, const char *text, size_t len, bool is_path,
                               struct err *err)
{
    if (f->n == PIECES_MAX)
        return err_set(err, ERR_INVALID, "it has more than %d parts", PIECES_MAX);
    struct piece *p = &f->pieces[f->n];
    if (!is_path) {
        p->text = plain(text, len);
    } else if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
        p->text = plain(text + 1, len - 2);
    } else {
        p->path = json_path_new(text, len, err);
        if (!p->path)
            return err->code;
    }
    f->n++;
    return ERR_OK;
}

static enum err_code read_text(struct cli_form *f, const char *text, struct err *err)
{
    if (!strchr(text, '{'))
        return add_piece(f, text, strlen(text), true, err);
    while (*text) {
        size_t n = strcspn(text, "{");
        const char *end = text[n] ? strchr(text + n, '}') : NULL;
        if (n > 0 && add_piece(f, text, n, false, err) != ERR_OK)
            return err->code;
        if (!text[n])
            break;
        if (!end)
            return err_set(err, ERR_INVALID, "'%.100s': the '}' is missing", text + n);
        if (text_starts_with(text + n, "{range") || text_starts_with(text + n, "{end"))
            return err_set(err, ERR_INVALID,
                           "{range} is not known here: -o template='{.name} "
                           "{.status}' writes a line for each object");
        if (add_piece(f, text + n + 1, (size_t)(end - text) - n - 1, true, err) != ERR_OK)
            return err->code;
        text = end + 1;
    }
    return ERR_OK;
}

/* --- showing ---------------------------------------------------------------------------------- */

static void put_filled(const struct cli_form *f, struct sbuf *out, const json_t *of)
{
    size_t k;
    const json_t *value;
    for (size_t i = 0; i < f->n; i++) {
        if (f->pieces[i].text) {
            sbuf_adds(out, f->pieces[i].text);
            continue;
        }
        json_t *found = json_path_find(f->pieces[i].path, of);
        json_array_foreach(found, k, value)
        {
            if (k > 0)
                sbuf_adds(out, " ");
            json_path_put(out, value);
        }
        json_decref(found);
    }
    if (out->len == 0 || out->s[out->len - 1] != '\n')
        sbuf_adds(out, "\n");
}

static void show(struct cli_form *f, const json_t *value)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT;
    size_t i;
    const json_t *element;
    if (f->kind == YAML)
        cli_put_yaml(&out, value);
    else if (f->kind == JSONPATH || !json_is_array(value))
        put_filled(f, &out, value);
    else
        json_array_foreach(value, i, element)
        {
            AUTO(sbuf_release) struct sbuf line = SBUF_INIT;
            put_filled(f, &line, element);
            sbuf_add(&out, line.s, line.len);
        }
    fwrite(out.s, 1, out.len, f->to);
    fflush(f->to);
}

/* Shows the values that are whole; the rest stays. */
static void show_caught(struct cli_form *f, bool is_end)
{
    while (f->caught.len > 0) {
        json_error_t error;
        json_t *value = json_loadb(f->caught.s, f->caught.len,
                                   JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, &error);
        size_t n = value ? (size_t)error.position : 0;
        if (value)
            show(f, value);
        json_decref(value);
        while (n < f->caught.len && strchr(" \r\n\t", f->caught.s[n]))
            n++;
        if (!value && is_end) {
            fwrite(f->caught.s + n, 1, f->caught.len - n, f->to);
            n = f->caught.len;
        }
        if (n == 0)
            return;
        memmove(f->caught.s, f->caught.s + n, f->caught.len - n + 1);
        f->caught.len -= n;
    }
}

/* A list of megabytes comes in pieces: only the end of a line may be the end of a value. */
static ssize_t on_write(void *arg, const char *bytes, size_t n)
{
    struct cli_form *f = arg;
    sbuf_add(&f->caught, bytes, n);
    if (n > 0 && bytes[n - 1] == '\n')
        show_caught(f, false);
    return (ssize_t)n;
}

static void form_free(struct cli_form *f)
{
    for (size_t i = 0; i < f->n; i++) {
        free(f->pieces[i].text);
        json_path_free(f->pieces[i].path);
    }
    sbuf_release(&f->caught);
    free(f);
}

enum cli_exit cli_form_open(struct cli *c, const char *text)
{
    struct err err = ERR_INIT;
    int i = kind_of(text);
    struct cli_form *f = xcalloc(1, sizeof(*f));
    f->kind = kinds[i].kind;
    f->to = c->out;
    f->caught = (struct sbuf)SBUF_INIT;
    text += strlen(kinds[i].word);
    if (f->kind != YAML && read_text(f, text, &err) != ERR_OK) {
        form_free(f);
        return (enum cli_exit)cli_fail(c, CLI_USAGE, &err, "-o %.*s",
                                       (int)strlen(kinds[i].word) - 1, kinds[i].word);
    }
    FILE *out = fopencookie(f, "w", (cookie_io_functions_t){.write = on_write});
    if (!out)
        abort(); /* out of memory */
    c->out = out;
    c->form = f;
    c->is_terminal = c->has_colors = false;
    return CLI_OK;
}

void cli_form_close(struct cli *c)
{
    struct cli_form *f = c->form;
    if (!f)
        return;
    fclose(c->out);
    show_caught(f, true);
    c->out = f->to;
    c->form = NULL;
    form_free(f);
}
