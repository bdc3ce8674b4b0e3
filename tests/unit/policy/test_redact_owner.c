/*
 * Whose personal data a value is: it leaves only if the person lets it whom the owner beside it
 * names, wherever the owner stands, however it is spelled, and however the answer is cut.
 */
#include "tests/unit/policy/redact_assert.h"

#include "base/date.h"

#define A "11010519491231002X"
#define B "440524188001010014"
#define C "810000199408230021" /* whose data nobody lets leave */

/* A person's pay, under the word of a and b; whose it is may be seen. */
static const char pay[] =
    "{\"who\":\"string keep names=1\",\"pay\":\"decimal keep owner=1:ab class=2\","
    "\"n\":\"integer keep\"}";

/* The same, many times over. */
static const char list[] =
    "[{\"who\":\"string drop names=1\",\"pay\":\"decimal keep owner=1:ab class=2\","
    "\"n\":\"integer keep\"}]";

/* --- who it is --- */

static void an_owner_before_lets_it_leave(void **state)
{
    (void)state;
    redacts(pay, "{\"who\":\"" A "\",\"pay\":1.5,\"n\":2}",
            "{\"who\":\"" A "\",\"pay\":1.5,\"n\":2}");
}

static void an_owner_behind_lets_it_leave(void **state)
{
    (void)state;
    redacts(pay, "{\"pay\":1.5,\"n\":2,\"who\":\"" B "\"}",
            "{\"pay\":1.5,\"n\":2,\"who\":\"" B "\"}");
}

static void another_person_keeps_it_back(void **state)
{
    (void)state;
    redacts(pay, "{\"who\":\"" C "\",\"pay\":1.5,\"n\":2}", "{\"who\":\"" C "\",\"n\":2}");
    redacts(pay, "{\"pay\":1.5,\"n\":2,\"who\":\"" C "\"}", "{\"n\":2,\"who\":\"" C "\"}");
    redacts(pay, "{\"n\":2,\"pay\":1.5,\"who\":\"" C "\"}", "{\"n\":2,\"who\":\"" C "\"}");
    redacts(pay, "{\"n\":2,\"who\":\"" C "\",\"pay\":1.5}", "{\"n\":2,\"who\":\"" C "\"}");
}

static void a_person_without_a_word_for_this_leaf_keeps_it_back(void **state)
{
    (void)state;
    redacts("{\"x\":\"string keep owner=1:a\",\"y\":\"string keep owner=1:b\","
            "\"who\":\"string drop names=1\"}",
            "{\"x\":\"1\",\"y\":\"2\",\"who\":\"" B "\"}", "{\"y\":\"2\"}");
}

static void who_names_nobody_keeps_it_back(void **state)
{
    static const char *const nobody[] = {
        "\"\"",
        "null",
        "true",
        "110105194912310028",
        "[\"" A "\"]",
        "{\"who\":\"" A "\"}",
        "\" " A "\"",
        "\"" A " \"",
        "\"" A "\\u0000\"",
        "\"11010519491231002\"",
        "\"" A A "\"",
        "\"110105194912310029\"", /* the check digit is wrong */
        "\"440524800101001\"",    /* 15 digits */
        "\"\xef\xbc\x91\xef\xbc\x91"
        "010519491231002X\"", /* full width */
        "\"11010519491231002\xef\xbc\xb8\"",
        "\"11010519491231002\xe2\x85\xa9\"",
        "\"110105-19491231-002X\"",
        "\"1\xe2\x80\x8b"
        "1010519491231002X\"", /* an invisible space */
        "\"person:lIxlIxlIxlIxlIxlIxlIxlIxlIxlIxlIxlIxlIxlIxA\"",
        "\"91350100M000100Y43\"",
    };
    (void)state;
    for (size_t i = 0; i < sizeof nobody / sizeof nobody[0]; i++) {
        char document[256];
        snprintf(document, sizeof document, "[{\"pay\":1.5,\"who\":%s},{\"who\":%s,\"pay\":2.5}]",
                 nobody[i], nobody[i]);
        redacts(list, document, "[{},{}]");
    }
}

static void an_owner_that_is_missing_keeps_it_back(void **state)
{
    (void)state;
    redacts(list, "[{\"pay\":1},{\"n\":1,\"pay\":2,\"n2\":3},{\"pay\":4,\"n\":5}]",
            "[{},{\"n\":1},{\"n\":5}]");
    redacts(list, "[{\"Who\":\"" A "\",\"pay\":1,\"who \":\"" A "\"}]", "[{}]");
}

static void an_owner_may_be_spelled_with_escapes_and_a_small_x(void **state)
{
    (void)state;
    redacts(list,
            "[{\"pay\":1,\"who\":\"11010519491231002x\"},"
            "{\"pay\":2,\"wh\\u006f\":\"\\u0031\\u0031010519491231002\\u0058\"},"
            "{\"who\":\"\\u0034\\u00340524188001010014\",\"p\\u0061y\":3}]",
            "[{\"pay\":1},{\"pay\":2},{\"pay\":3}]");
}

static void an_owner_named_twice_is_a_fault(void **state)
{
    (void)state;
    breaks(pay, "{\"who\":\"" C "\",\"pay\":1,\"who\":\"" A "\"}", "duplicate_member",
           "{\"who\":\"" C "\"");
    breaks(pay, "{\"pay\":1,\"who\":\"" C "\",\"w\\u0068o\":\"" A "\"}", "duplicate_member",
           "{\"who\":\"" C "\"");
}

static void without_the_key_of_names_nobody_is_known(void **state)
{
    (void)state;
    struct redacting redacting = redacting_of(pay);
    redacting.anonymous = true;
    assert_becomes(&redacting, HF_LITERAL("{\"pay\":1,\"who\":\"" A "\",\"n\":2}"),
                   "{\"who\":\"" A "\",\"n\":2}");
    hf_view_unref(redacting.view);
}

/* --- the owner is a leaf like others --- */

static void an_owner_that_stays_itself_is_read_all_the_same(void **state)
{
    (void)state;
    redacts(list, "[{\"pay\":1,\"who\":\"" A "\"},{\"who\":\"" C "\",\"pay\":2}]",
            "[{\"pay\":1},{}]");
    redacts("{\"who\":\"string mask=1,1 names=1\",\"pay\":\"decimal keep owner=1:a\"}",
            "{\"pay\":1,\"who\":\"" A "\"}", "{\"pay\":1,\"who\":\"1****************X\"}");
    redacts("{\"who\":\"string null names=1\",\"pay\":\"decimal keep owner=1:a\"}",
            "{\"pay\":1,\"who\":\"" A "\"}", "{\"pay\":1,\"who\":null}");
    redacts("{\"who\":\"string scan names=1\",\"pay\":\"decimal keep owner=1:a\"}",
            "{\"pay\":1,\"who\":\"" A "\"}", "{\"pay\":1,\"who\":\"******************\"}");
}

static void an_owner_too_long_for_its_leaf_names_nobody(void **state)
{
    (void)state;
    redacts("{\"who\":\"string drop names=1 max=17\",\"pay\":\"decimal keep owner=1:a\"}",
            "{\"pay\":1,\"who\":\"" A "\"}", "{}");
    redacts("{\"who\":\"string keep names=1 max=17\",\"pay\":\"decimal keep owner=1:a\"}",
            "{\"pay\":1,\"who\":\"" A "\"}", "{}");
    redacts("{\"who\":\"string keep names=1 max=18\",\"pay\":\"decimal keep owner=1:a\"}",
            "{\"pay\":1,\"who\":\"" A "\"}", "{\"pay\":1,\"who\":\"" A "\"}");
}

static void a_leaf_may_be_its_own_owner(void **state)
{
    (void)state;
    redacts("[\"string keep own=ab\"]", "[\"" A "\",\"" C "\",\"" B "\",\"x\",null,1,{}]",
            "[\"" A "\",\"" B "\"]");
    redacts("[\"string mask=1,1 own=a\"]", "[\"" A "\",\"" C "\"]", "[\"1****************X\"]");
    redacts("\"string keep own=a\"", "\"" A "\"", "\"" A "\"");
    redacts("\"string keep own=a\"", "\"" B "\"", "null");
    redacts("{\"who\":\"string keep names=1 own=a\",\"pay\":\"decimal keep owner=1:b\"}",
            "{\"pay\":1,\"who\":\"" A "\"}", "{\"who\":\"" A "\"}");
    redacts("{\"who\":\"string keep names=1 own=a\",\"pay\":\"decimal keep owner=1:b\"}",
            "{\"pay\":1,\"who\":\"" B "\"}", "{\"pay\":1}");
}

/* --- every type and treatment --- */

static const char each[] =
    "{\"s\":\"string keep owner=1:a\",\"m\":\"string mask=1,1 owner=1:a\","
    "\"t\":\"string scan owner=1:a\",\"l\":\"string keep owner=1:a max=3\","
    "\"i\":\"integer keep owner=1:a\",\"r\":\"decimal round=10 owner=1:a\","
    "\"b\":\"boolean keep owner=1:a\",\"d\":\"date month owner=1:a\","
    "\"z\":\"string null owner=1:a\",\"y\":\"string keep owner=1:a nullable\","
    "\"who\":\"string drop names=1\",\"x\":\"integer keep\"}";

#define VALUES                                                                                     \
    "\"s\":\"a\\u0062c\",\"m\":\"hello\",\"t\":\"tel 13800138000\",\"l\":\"123\",\"i\":12,"        \
    "\"r\":123,\"b\":true,\"d\":\"2025-01-31\",\"z\":\"z\",\"y\":null"
#define LEFT                                                                                       \
    "\"s\":\"a\\u0062c\",\"m\":\"h***o\",\"t\":\"tel ***********\",\"l\":\"123\",\"i\":12,"        \
    "\"r\":120,\"b\":true,\"d\":\"2025-01\",\"z\":null,\"y\":null"

static void what_is_changed_waits_likewise(void **state)
{
    (void)state;
    redacts(each, "{" VALUES ",\"who\":\"" A "\"}", "{" LEFT "}");
    redacts(each, "{\"who\":\"" A "\"," VALUES "}", "{" LEFT "}");
    redacts(each, "{" VALUES ",\"who\":\"" B "\"}", "{}");
    redacts(each, "{\"who\":\"" B "\"," VALUES "}", "{}");
    redacts(each, "{\"x\":0," VALUES ",\"who\":\"" B "\"}", "{\"x\":0}");
    redacts(each, "{" VALUES ",\"x\":0,\"who\":\"" B "\"}", "{\"x\":0}");
    redacts(each, "{" VALUES "}", "{}");
}

static void what_its_leaf_refuses_does_not_wait(void **state)
{
    (void)state;
    redacts(each, "{\"s\":1,\"l\":\"1234\",\"i\":1.5,\"b\":\"true\",\"d\":\"x\",\"who\":\"" A "\"}",
            "{}");
}

static void commas_are_right_whatever_goes(void **state)
{
    static const char view[] = "{\"a\":\"integer keep owner=1:a\",\"b\":\"integer keep owner=2:a\","
                               "\"c\":\"integer keep owner=1:a\",\"x\":\"integer keep\","
                               "\"y\":[\"integer keep\"],\"p\":\"string drop names=1\","
                               "\"q\":\"string drop names=2\"}";
    (void)state;
    redacts(view, "{\"a\":1,\"b\":2,\"c\":3,\"p\":\"" A "\",\"q\":\"" B "\"}", "{\"a\":1,\"c\":3}");
    redacts(view, "{\"a\":1,\"b\":2,\"c\":3,\"p\":\"" B "\",\"q\":\"" A "\"}", "{\"b\":2}");
    redacts(view, "{\"a\":1,\"b\":2,\"c\":3,\"q\":\"" B "\",\"p\":\"" B "\"}", "{}");
    redacts(view, "{\"a\":1,\"x\":0,\"b\":2,\"p\":\"" B "\",\"c\":3,\"q\":\"" A "\"}",
            "{\"x\":0,\"b\":2}");
    redacts(view, "{\"a\":1,\"b\":2,\"y\":[1,{},2],\"p\":\"" B "\",\"q\":\"" B "\",\"c\":3}",
            "{\"y\":[1,2]}");
    redacts(view, "{\"b\":1,\"a\":2,\"q\":\"" A "\",\"x\":3,\"p\":\"" A "\",\"c\":4}",
            "{\"b\":1,\"a\":2,\"x\":3,\"c\":4}");
    redacts(view, "{\"b\":1,\"a\":2,\"p\":\"" A "\",\"x\":3}", "{\"a\":2,\"x\":3}");
    redacts(view, "{ \"b\" : 1 , \"a\" : 2 , \"p\" : \"" B "\" , \"x\" : 3 }", "{\"x\":3}");
}

/* --- objects in objects, and rows --- */

static const char nested[] =
    "{\"id\":\"string drop names=1\",\"name\":\"string keep owner=1:a\",\"kin\":[{"
    "\"id\":\"string drop names=1\",\"name\":\"string keep owner=1:ab\",\"n\":\"integer keep\"}],"
    "\"end\":\"integer keep\"}";

static void each_object_has_its_own_owner(void **state)
{
    (void)state;
    redacts(nested,
            "{\"id\":\"" A "\",\"name\":\"P\",\"kin\":[{\"id\":\"" B "\",\"name\":\"Q\"},"
            "{\"name\":\"R\"},{\"name\":\"S\",\"id\":\"" C "\"},{\"n\":1}],\"end\":1}",
            "{\"name\":\"P\",\"kin\":[{\"name\":\"Q\"},{},{},{\"n\":1}],\"end\":1}");
    redacts(list, "[{\"who\":\"" A "\",\"pay\":1},{\"pay\":2},{\"pay\":3,\"who\":\"" C "\"}]",
            "[{\"pay\":1},{},{}]");
}

static void an_object_may_wait_inside_one_that_waits(void **state)
{
    static const char kin[] = "\"kin\":[{\"name\":\"Q\",\"n\":1,\"id\":\"" B "\"},"
                              "{\"name\":\"S\",\"n\":2,\"id\":\"" C "\"},{\"name\":\"T\",\"n\":3}]";
    static const char kin_left[] = "\"kin\":[{\"name\":\"Q\",\"n\":1},{\"n\":2},{\"n\":3}]";
    char document[512];
    char left[512];
    (void)state;
    snprintf(document, sizeof document, "{\"name\":\"P\",%s,\"id\":\"" A "\",\"end\":1}", kin);
    snprintf(left, sizeof left, "{\"name\":\"P\",%s,\"end\":1}", kin_left);
    redacts(nested, document, left);
    snprintf(document, sizeof document, "{\"name\":\"P\",%s,\"id\":\"" B "\",\"end\":1}", kin);
    snprintf(left, sizeof left, "{%s,\"end\":1}", kin_left);
    redacts(nested, document, left);
    snprintf(document, sizeof document, "{\"name\":\"P\",%s}", kin);
    snprintf(left, sizeof left, "{%s}", kin_left);
    redacts(nested, document, left);
}

static struct redacting rows_of(const char *view_text)
{
    const struct hf_view_range range = {true, hf_date_of_civil(2025, 1, 1),
                                        hf_date_of_civil(2025, 12, 31)};
    struct redacting redacting = {.view = redacting_view(view_text, &range),
                                  .limits = hf_redact_limits_default()};
    assert_non_null(redacting.view);
    return redacting;
}

static const char dated[] =
    "{\"who\":\"string drop names=1\",\"base\":\"integer keep owner=1:a\",\"rows\":[\"rows\",{"
    "\"day\":\"date keep date\",\"id\":\"string drop names=1\",\"pay\":\"integer keep owner=1:ab\","
    "\"kin\":[{\"id\":\"string drop names=1\",\"name\":\"string keep owner=1:b\"}]}]}";

static void an_owner_says_nothing_of_days(void **state)
{
    (void)state;
    struct redacting redacting = rows_of(dated);
    assert_becomes(&redacting,
                   HF_LITERAL("{\"base\":7,\"rows\":["
                              "{\"pay\":1,\"day\":\"2025-03-01\",\"id\":\"" A "\"},"
                              "{\"pay\":2,\"id\":\"" A "\",\"day\":\"2024-03-01\"},"
                              "{\"id\":\"" C "\",\"pay\":3,\"day\":\"2025-03-02\"},"
                              "{\"pay\":4,\"day\":\"2025-03-03\"},"
                              "{\"pay\":5,\"id\":\"" B "\"},"
                              "{\"pay\":6,\"day\":\"2025-03-04\",\"id\":\"" B "\",\"kin\":["
                              "{\"name\":\"x\",\"id\":\"" B "\"},{\"name\":\"y\",\"id\":\"" A
                              "\"}]}"
                              "],\"who\":\"" A "\"}"),
                   "{\"base\":7,\"rows\":[{\"pay\":1,\"day\":\"2025-03-01\"},"
                   "{\"day\":\"2025-03-02\"},{\"day\":\"2025-03-03\"},"
                   "{\"pay\":6,\"day\":\"2025-03-04\",\"kin\":[{\"name\":\"x\"},{}]}]}");
    assert_becomes(&redacting,
                   HF_LITERAL("{\"base\":7,\"rows\":[{\"pay\":2,\"id\":\"" A
                              "\",\"day\":\"2024-03-01\"}],\"who\":\"" B "\"}"),
                   "{\"rows\":[]}");
    hf_view_unref(redacting.view);
}

/* --- bounds --- */

/* A document whose `n` repeats as often as makes @size bytes of output between `pay` and `who`. */
static hf_buf filled(const char *lead, size_t size, const char *tail)
{
    hf_buf text = hf_buf_init(1 << 20);
    assert_ok(hf_buf_append_string(&text, lead));
    for (size_t i = 0; i < size; i++) {
        assert_ok(hf_buf_append_byte(&text, (uint8_t)('a' + i % 26)));
    }
    assert_ok(hf_buf_append_string(&text, tail));
    return text;
}

static const char wide[] = "{\"head\":\"integer keep\",\"pay\":\"decimal keep owner=1:a\","
                           "\"fill\":\"string keep\",\"who\":\"string drop names=1\"}";

static struct redacting short_hold(const char *view_text, size_t max_hold_bytes)
{
    struct redacting redacting = redacting_of(view_text);
    redacting.limits.max_hold_bytes = max_hold_bytes;
    return redacting;
}

static void what_waits_is_bounded(void **state)
{
    (void)state;
    struct redacting redacting = short_hold(wide, 1000);
    /* ,"pay":1,"fill":"…" makes 8 + 10 bytes more than the filling. */
    hf_buf fits = filled("{\"head\":1,\"pay\":1,\"fill\":\"", 982, "\",\"who\":\"" A "\"}");
    hf_buf exceeds = filled("{\"head\":1,\"pay\":1,\"fill\":\"", 983, "\",\"who\":\"" A "\"}");
    hf_buf late = filled("{\"head\":1,\"who\":\"" C "\",\"pay\":1,\"fill\":\"", 5000, "\"}");
    hf_buf missing = filled("[{\"head\":1},{\"head\":1,\"pay\":1,\"fill\":\"", 983, "\"}]");
    struct redacted redacted = redact_all_ways(&redacting, hf_buf_view(&fits));
    assert_ok(redacted.status);
    redacted_clear(&redacted);
    assert_breaks(&redacting, hf_buf_view(&exceeds), "owner_length", "{\"head\":1");
    redacted = redact_all_ways(&redacting, hf_buf_view(&late));
    assert_ok(redacted.status); /* nothing waits once the owner is known */
    assert_int_equal(redacted.out.size, 5000 + sizeof "{\"head\":1,\"fill\":\"\"}" - 1);
    redacted_clear(&redacted);
    hf_view_unref(redacting.view);
    char many[256];
    snprintf(many, sizeof many, "[%s]", wide);
    redacting = short_hold(many, 1000);
    assert_breaks(&redacting, hf_buf_view(&missing), "owner_length", "[{\"head\":1},{\"head\":1");
    hf_view_unref(redacting.view);
    hf_buf_clear(&fits);
    hf_buf_clear(&exceeds);
    hf_buf_clear(&late);
    hf_buf_clear(&missing);
}

/* What is cut out later counts while it is held, in a row and beneath one that waits. */
static void what_goes_has_counted_while_it_was_held(void **state)
{
    static const char view[] =
        "{\"base\":\"integer keep owner=1:a\",\"who\":\"string drop names=1\",\"kin\":[{"
        "\"fill\":\"string keep owner=1:a\",\"id\":\"string drop names=1\"}]}";
    static const char row[] =
        "[\"rows\",{\"day\":\"date keep date\",\"fill\":\"string keep owner=1:a\","
        "\"id\":\"string drop names=1\"}]";
    (void)state;
    struct redacting redacting = short_hold(view, 1000);
    hf_buf inner = filled("{\"base\":1,\"kin\":[{\"fill\":\"", 490,
                          "\",\"id\":\"" C "\"}],\"who\":\"" A "\"}");
    assert_becomes(&redacting, hf_buf_view(&inner), "{\"base\":1,\"kin\":[{}]}");
    hf_view_unref(redacting.view);
    redacting = short_hold(view, 500);
    redacting.limits.max_string_bytes = 1000;
    hf_buf_clear(&inner);
    inner =
        filled("{\"base\":1,\"kin\":[{\"fill\":\"aaaaaaaaaa\"},{\"fill\":\"", 240,
               "\"},{\"fill\":\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
               "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
               "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"}"
               "],\"who\":\"" A "\"}");
    assert_becomes(&redacting, hf_buf_view(&inner), "{\"base\":1,\"kin\":[{},{},{}]}");
    hf_view_unref(redacting.view);
    hf_buf_clear(&inner);
    redacting = rows_of(row);
    redacting.limits.max_hold_bytes = 500;
    inner = filled("[{\"day\":\"2025-01-02\",\"fill\":\"", 250, "\",\"id\":\"" C "\"}]");
    assert_becomes(&redacting, hf_buf_view(&inner), "[{\"day\":\"2025-01-02\"}]");
    hf_view_unref(redacting.view);
    hf_buf_clear(&inner);
}

static void a_string_too_long_to_wait_is_withheld(void **state)
{
    (void)state;
    struct redacting redacting = short_hold("{\"s\":\"string keep owner=1:a\","
                                            "\"who\":\"string drop names=1\"}",
                                            100);
    hf_buf fits = filled("{\"who\":\"" A "\",\"s\":\"", 50, "\"}");
    hf_buf exceeds = filled("{\"who\":\"" A "\",\"s\":\"", 51, "\"}");
    hf_buf before = filled("{\"s\":\"", 51, "\",\"who\":\"" A "\"}");
    struct redacted redacted = redact_all_ways(&redacting, hf_buf_view(&fits));
    assert_int_equal(redacted.out.size, 50 + sizeof "{\"s\":\"\"}" - 1);
    redacted_clear(&redacted);
    assert_becomes(&redacting, hf_buf_view(&exceeds), "{}");
    assert_becomes(&redacting, hf_buf_view(&before), "{}");
    hf_view_unref(redacting.view);
    hf_buf_clear(&fits);
    hf_buf_clear(&exceeds);
    hf_buf_clear(&before);
}

/* --- cuts and counts --- */

/* At every cut: the same bytes, and no prefix of what leaves holds what has to stay. */
static void every_cut_gives_the_same_and_every_prefix_is_clean(void **state)
{
    static const char text[] =
        "{\"name\":\"CANARY1\",\"kin\":[{\"name\":\"CANARY2\",\"n\":1},"
        "{\"n\":2,\"name\":\"CANAR\\u00593\",\"id\":\"" C "\"},{\"name\":\"R\",\"id\":\"" A "\"}],"
        "\"id\":\"" B "\",\"end\":1}";
    const hf_bytes document = HF_LITERAL(text);
    (void)state;
    struct redacting redacting = redacting_of(nested);
    struct redacted whole = redact_all_ways(&redacting, document);
    assert_text(hf_buf_view(&whole.out),
                "{\"kin\":[{\"n\":1},{\"n\":2},{\"name\":\"R\"}],\"end\":1}");
    for (size_t at = 0; at <= document.size; at++) {
        struct redacted cut = redacting_cut(&redacting, document, at);
        assert_null(redacted_difference(&whole, &cut));
        redacted_clear(&cut);
        struct redacted head = redacting_run(&redacting, hf_bytes_of(document.data, at), 0);
        assert_true(head.out.size <= whole.out.size);
        assert_memory_equal(head.out.data, whole.out.data, head.out.size);
        redacted_clear(&head);
    }
    redacted_clear(&whole);
    hf_view_unref(redacting.view);
}

static void a_value_that_goes_is_counted_once(void **state)
{
    (void)state;
    struct redacting redacting = redacting_of(list);
    struct redacted redacted = redact_all_ways(
        &redacting, HF_LITERAL("[{\"pay\":1,\"who\":\"" A "\"},{\"pay\":2,\"who\":\"" C "\"},"
                               "{\"who\":\"" C "\",\"pay\":3},{\"pay\":4},{\"pay\":\"x\"}]"));
    assert_int_equal(redacted.stats.released[3], 1);
    assert_int_equal(redacted.stats.withheld[3][HF_WITHHELD_OWNER], 3);
    assert_int_equal(redacted.stats.withheld[3][HF_WITHHELD_TYPE], 1);
    redacted_clear(&redacted);
    hf_view_unref(redacting.view);
}

/* A row that is too long as it ends, and of which something still waits, goes whole: its day may be
 * any. */
static void a_row_that_waits_and_is_too_long_leaves_nothing(void **state)
{
    static const char *const views[] = {
        "[\"rows\",{\"day\":\"date keep date\",\"id\":\"string drop names=1\",\"pay\":\"integer "
        "keep "
        "owner=1:ab\",\"fill\":\"string keep\"}]",
        "[\"lines\",\"rows\",{\"day\":\"date keep date\",\"id\":\"string drop "
        "names=1\",\"pay\":\"integer "
        "keep owner=1:ab\",\"fill\":\"string keep\"}]",
    };
    static const char *const leads[] = {"[{\"day\":\"1999-01-01\",\"pay\":1,\"fill\":\"",
                                        "{\"day\":\"1999-01-01\",\"pay\":1,\"fill\":\""};
    (void)state;
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        struct redacting redacting = rows_of(views[i]);
        redacting.limits.max_hold_bytes = 1000;
        hf_buf long_row = filled(leads[i], 1000, i == 0 ? "\"}]" : "\"}\n");
        assert_breaks(&redacting, hf_buf_view(&long_row), "row_length", i == 0 ? "[" : "");
        hf_buf_clear(&long_row);
        hf_view_unref(redacting.view);
    }
}

/* The output is full at each byte in turn, also at the last quote of what is somebody's: as long as
 * nobody has said whose it is, or another is it, no part of it leaves. */
static void a_full_output_lets_nothing_of_another_leave(void **state)
{
    static const char ones[] = "{\"r\":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],";
    static const char *const tails[] = {"\"pay\":\"secr\\u0065t\",\"who\":\"" C "\"}",
                                        "\"who\":\"" C "\",\"pay\":\"secr\\u0065t\"}",
                                        "\"pay\":\"secret a@b.cn\",\"who\":\"" C "\"}"};
    static const char *const views[] = {"{\"r\":[\"decimal round=0.000000001\"],\"pay\":\"string "
                                        "keep owner=1:ab\",\"who\":\"string drop "
                                        "names=1\"}",
                                        "{\"r\":[\"decimal round=0.000000001\"],\"pay\":\"string "
                                        "scan owner=1:ab\",\"who\":\"string drop "
                                        "names=1\"}"};
    (void)state;
    for (size_t i = 0; i < 2 * sizeof tails / sizeof tails[0]; i++) {
        struct redacting redacting = redacting_of(views[i % 2]);
        char document[256];
        snprintf(document, sizeof document, "%s%s", ones, tails[i / 2]);
        for (size_t limit = 0; limit < 512; limit++) {
            struct hf_redact *redact = NULL;
            hf_buf out = hf_buf_init(limit);
            assert_ok(hf_redact_new(redacting.view, REDACTING_ABOUT(HF_LITERAL("")),
                                    &redacting.limits, &redact));
            hf_ignore(hf_redact_push(redact, hf_bytes_of_string(document), &out, NULL));
            assert_true(out.size == 0 || !memmem(out.data, out.size, "secr", 4));
            hf_redact_free(redact);
            hf_buf_clear(&out);
        }
        hf_view_unref(redacting.view);
    }
}

/* One redactor for many answers: what one has left behind is not another's. */
static void a_redactor_forgets_owners(void **state)
{
    const struct hf_redact_limits limits = hf_redact_limits_default();
    struct hf_redact *redact = NULL;
    struct redacting redacting = redacting_of(list);
    (void)state;
    assert_ok(hf_redact_new(redacting.view, REDACTING_ABOUT(HF_LITERAL("")), &limits, &redact));
    for (int i = 0; i < 2; i++) {
        hf_buf out = hf_buf_init(1000);
        assert_ok(hf_redact_push(redact, HF_LITERAL("[{\"pay\":1,\"n\":2"), &out, NULL));
        assert_text(hf_buf_view(&out), "[{");
        assert_ok(
            hf_redact_reset(redact, redacting.view, REDACTING_ABOUT(HF_LITERAL("")), &limits));
        hf_buf_reset(&out);
        assert_ok(hf_redact_push(redact, HF_LITERAL("[{\"n\":3}]"), &out, NULL));
        assert_ok(hf_redact_finish(redact, &out, NULL));
        assert_text(hf_buf_view(&out), "[{\"n\":3}]");
        assert_ok(
            hf_redact_reset(redact, redacting.view, REDACTING_ABOUT(HF_LITERAL("")), &limits));
        hf_buf_clear(&out);
    }
    hf_redact_free(redact);
    hf_view_unref(redacting.view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_owner_before_lets_it_leave),
        cmocka_unit_test(an_owner_behind_lets_it_leave),
        cmocka_unit_test(another_person_keeps_it_back),
        cmocka_unit_test(a_person_without_a_word_for_this_leaf_keeps_it_back),
        cmocka_unit_test(who_names_nobody_keeps_it_back),
        cmocka_unit_test(an_owner_that_is_missing_keeps_it_back),
        cmocka_unit_test(an_owner_may_be_spelled_with_escapes_and_a_small_x),
        cmocka_unit_test(an_owner_named_twice_is_a_fault),
        cmocka_unit_test(without_the_key_of_names_nobody_is_known),
        cmocka_unit_test(an_owner_that_stays_itself_is_read_all_the_same),
        cmocka_unit_test(an_owner_too_long_for_its_leaf_names_nobody),
        cmocka_unit_test(a_leaf_may_be_its_own_owner),
        cmocka_unit_test(what_is_changed_waits_likewise),
        cmocka_unit_test(what_its_leaf_refuses_does_not_wait),
        cmocka_unit_test(commas_are_right_whatever_goes),
        cmocka_unit_test(each_object_has_its_own_owner),
        cmocka_unit_test(an_object_may_wait_inside_one_that_waits),
        cmocka_unit_test(an_owner_says_nothing_of_days),
        cmocka_unit_test(what_waits_is_bounded),
        cmocka_unit_test(what_goes_has_counted_while_it_was_held),
        cmocka_unit_test(a_string_too_long_to_wait_is_withheld),
        cmocka_unit_test(every_cut_gives_the_same_and_every_prefix_is_clean),
        cmocka_unit_test(a_value_that_goes_is_counted_once),
        cmocka_unit_test(a_row_that_waits_and_is_too_long_leaves_nothing),
        cmocka_unit_test(a_full_output_lets_nothing_of_another_leave),
        cmocka_unit_test(a_redactor_forgets_owners),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
