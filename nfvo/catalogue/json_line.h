/* Where in a JSON text something stands: the codec and the rules tell paths, people look for lines.
 * The text may be anything; it is never left. A byte order mark before it is fine. */
#ifndef NFVO_CATALOGUE_JSON_LINE_H
#define NFVO_CATALOGUE_JSON_LINE_H

#include "common/base/macros.h"

/* The line, from 1, of what is at this path ("vnfd[0].vdu"), or of the last part of the path that
 * is there; 0: not even its first part is. The path "" is the document. */
uint32_t json_line_of_path(const char *text, size_t len, const char *path);

#endif
