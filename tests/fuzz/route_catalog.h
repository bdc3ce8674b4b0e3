/*
 * The catalog that routes are fuzzed against: a subject in the path, in the query, in a body. It is
 * spelled with single quotes and read with double ones.
 */
#pragma once

#include "policy/route.h"
#include "tests/fuzz/fuzz.h"

static const char ROUTE_TEXT[] =
    "{'openapi':'3.1.0','info':{'x-hufu':{'source':'tax'}},'paths':{"
    "'/p/{u}.json':{'get':{'x-hufu':{'dataset':'p','subject':'u'},'parameters':["
    "{'name':'u','in':'path','required':true,'schema':{'type':'string'}},"
    "{'name':'from','in':'query','schema':{'type':'string','format':'date'}},"
    "{'name':'n','in':'query','schema':{'type':'number'}}],'responses':{'200':{'$ref':'#/A'}}}},"
    "'/q':{'get':{'x-hufu':{'dataset':'q','subject':'u'},'parameters':["
    "{'name':'u','in':'query','required':true,'schema':{'type':'string'}},"
    "{'name':'k','in':'query','schema':{'type':'string'}}],'responses':{'200':{'$ref':'#/A'}}}},"
    "'/b':{'post':{'x-hufu':{'dataset':'b','subject':{'in':'body','name':'id'}},"
    "'requestBody':{'content':{'application/json':{'schema':{'required':['id'],'properties':{"
    "'id':{'type':'string'},'n':{'type':'integer'},'t':{'type':'boolean'},"
    "'s':{'type':'string'}}}}}},'responses':{'200':{'$ref':'#/A'}}}}},"
    "'A':{'content':{'application/json':{'schema':{'type':'object'}}}}}";

static inline const struct hf_catalog *route_catalog(void)
{
    static struct hf_catalog *catalog;
    char text[sizeof(ROUTE_TEXT)];
    struct hf_problems problems = {.n = 0};
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = ROUTE_TEXT[i] == '\'' ? '"' : ROUTE_TEXT[i];
    }
    fuzz_require(catalog ||
                 hf_is_ok(hf_catalog_compile(hf_bytes_of_string(text), &problems, &catalog)));
    return catalog;
}

/* The route of a request with its body; what it points to lives until the next call. */
static inline hf_status route_read(hf_bytes method, hf_bytes path, hf_bytes body,
                                   struct hf_route *ret_route)
{
    static struct hf_arena arena;
    const struct hf_catalog *const items[] = {route_catalog()};
    const struct hf_catalogs catalogs = {items, 1};
    const struct hf_route_request request = {method, path};
    hf_arena_clear(&arena);
    arena = hf_arena_init(1 << 22);
    HF_TRY(hf_route_match(&catalogs, &request, &arena, ret_route, NULL));
    return ret_route->needs_body ? hf_route_read_body(ret_route, body, &arena, NULL) : HF_DONE;
}
