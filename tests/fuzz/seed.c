/* Make the first inputs of fuzz_messages: seed DIRECTORY FILE...
 * Each file becomes a body of each message type; which type a body belongs to, the fuzzer finds
 * out. Written anew with each build, since the first byte counts places in proto_types. */
#include "proto/types.h"

#include <stdio.h>
#include <string.h>

#define MESSAGES 12 /* proto_types begins with so many */

static int copy(const char *from, const char *directory, int type)
{
    char path[1024], block[8192];
    const char *name = strrchr(from, '/');
    snprintf(path, sizeof(path), "%s/%d-%s", directory, type, name ? name + 1 : from);
    FILE *in = fopen(from, "re"), *out = fopen(path, "we");
    if (!in || !out) {
        perror(in ? path : from);
        return 1;
    }
    putc(type, out);
    for (size_t n; (n = fread(block, 1, sizeof(block), in)) > 0;)
        fwrite(block, 1, n, out);
    fclose(in);
    return fclose(out) != 0;
}

int main(int argc, char **argv)
{
    int failed = argc < 2;
    for (int i = 2; i < argc && !failed; i++)
        for (int type = 0; type < MESSAGES && !failed; type++)
            failed = copy(argv[i], argv[1], type);
    return failed;
}
