/* jansson: reads a tree, deletes in it, writes it. */
#include "tests/bench/redact_peers.h"

#include <jansson.h>

static void drop(json_t *value)
{
    const char *name;
    json_t *member;
    size_t i;
    for (size_t n = 0; json_is_object(value) && n < REDACT_N_DROPPED; n++) {
        json_object_del(value, redact_dropped[n]);
    }
    json_object_foreach(value, name, member)
    {
        drop(member);
    }
    json_array_foreach(value, i, member)
    {
        drop(member);
    }
}

size_t redact_jansson(const char *document, size_t size, char *out, size_t n_out_bytes)
{
    json_t *tree = json_loadb(document, size, 0, NULL);
    size_t n = 0;
    if (tree) {
        drop(tree);
        n = json_dumpb(tree, out, n_out_bytes, JSON_COMPACT);
    }
    json_decref(tree);
    return n <= n_out_bytes ? n : 0;
}
