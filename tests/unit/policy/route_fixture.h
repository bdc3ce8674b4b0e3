/*
 * A catalog with one operation of each kind that routes can have.
 */
#pragma once

#include "policy/route.h"
#include "tests/unit/policy/catalog_fixture.h"

#define ROUTE_QUERY(name, schema) "{\"name\":\"" name "\",\"in\":\"query\",\"schema\":" schema "}"
#define ROUTE_POST(subject, body)                                                                  \
    "{\"x-hufu\":{\"dataset\":\"person\",\"subject\":" subject                                     \
    "},\"requestBody\":{\"content\":{\"application/json\":{\"schema\":" body                       \
    "}}}," FIXTURE_ANSWER(FIXTURE_OBJECT) "}"

static const char ROUTE_CATALOG[] =
    FIXTURE_PATHS("\"/payment/{uscc}.json\":{\"get\":" FIXTURE_OPERATION(
        FIXTURE_NOTE,
        FIXTURE_USCC
        "," ROUTE_QUERY("from", "{\"type\":\"string\",\"format\":\"date\"}") "," ROUTE_QUERY(
            "kind", "{\"type\":\"string\",\"maxLength\":40}"),
        FIXTURE_OBJECT) "},"
                        "\"/search.json\":{\"get\":" FIXTURE_OPERATION(
                            FIXTURE_NOTE,
                            "{\"name\":\"uscc\",\"in\":\"query\",\"required\":true,\"schema\":{"
                            "\"type\":\"string\"}}",
                            FIXTURE_OBJECT) "},"
                                            "\"/person.json\":{\"post\":" ROUTE_POST(
                                                "{\"in\":\"body\",\"name\":\"id_no\"}",
                                                "{\"required\":[\"id_no\"],\"properties\":{\"id_"
                                                "no\":{\"type\":\"string\"},\"year\":{"
                                                "\"type\":\"integer\"},\"all\":{\"type\":"
                                                "\"boolean\"},\"note\":{\"type\":\"string\","
                                                "\"maxLength\":9}}}") "}");

static struct hf_catalog *route_catalog;
static struct hf_arena route_arena;
static struct hf_route route;
static struct hf_problem route_problem;

static inline int route_open(void **state)
{
    (void)state;
    route_catalog = fixture_compiled(ROUTE_CATALOG);
    route_arena = hf_arena_init(1 << 20);
    route = (struct hf_route){0};
    return 0;
}

static inline int route_close(void **state)
{
    (void)state;
    hf_catalog_free(route_catalog);
    hf_arena_clear(&route_arena);
    return 0;
}

static inline hf_status route_match(const char *method, const char *path)
{
    const struct hf_catalog *const items[] = {route_catalog};
    const struct hf_catalogs catalogs = {items, 1};
    const struct hf_route_request request = {hf_bytes_of_string(method), hf_bytes_of_string(path)};
    route = (struct hf_route){0};
    route_problem = (struct hf_problem){0};
    return hf_route_match(&catalogs, &request, &route_arena, &route, &route_problem);
}
