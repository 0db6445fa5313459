/* Texts: are two the same, what does one that a user handed in begin with, and how is one shown.
 * Pure. */
#ifndef COMMON_BASE_TEXT_H
#define COMMON_BASE_TEXT_H

#include "common/base/macros.h"

#include <stdbool.h>

/* The same text, or both NULL. */
bool text_equal(const char *a, const char *b);
/* Both are there, and the same: what is not known matches nothing. */
bool text_matches(const char *a, const char *b);
bool text_starts_with(const char *text, const char *prefix);

/* Of the two words for nothing, the one that the reader wants. Borrowed. */
const char *text_or_empty(const char *text); /* NULL is "" */
const char *text_or_null(const char *text);  /* "" is NULL */

/* The bytes of a UTF-8 byte order mark at the start: 3 or 0. Editors on Windows write one; it says
 * nothing, and no format of ours begins with it. */
size_t text_mark_size(const char *text, size_t len);

/* What a text that should be JSON seems to be instead: "YAML", "XML", "UTF-16 text", "a zip
 * archive", ...; NULL: it may be JSON, or there is no telling. Looks at the beginning only. */
const char *text_foreign_kind(const char *text, size_t len);

/* "'v1'", for messages: at most 40 bytes of it, "..." behind what was cut; what is not printable
 * ASCII becomes '?', so it may hold anything. */
#define TEXT_SHOWN_SIZE 48
void text_show(const char *text, size_t len, char ret[TEXT_SHOWN_SIZE]);

/* Append url without what may be secret: login and values of the query become three asterisks. For
 * lists, logs and faults; any text is taken. */
struct sbuf;
void text_mask_url(struct sbuf *out, const char *url);

/* Append s as a JSON string, with its quotes. What is not UTF-8 becomes U+FFFD. */
void text_add_json(struct sbuf *out, const char *s);

#endif
