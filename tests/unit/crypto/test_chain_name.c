#include "crypto/chain.h"

#include "crypto/rand.h"
#include "tests/unit/crypto/little_ca.h"

#include <openssl/err.h>

#define ORGANISATION_OID "1.2.156.10260.4.1.4"

static const struct hf_chain_place by_serial = {.subject = "serialNumber"};
static const struct hf_chain_place by_oid = {.subject = "2.5.4.5"};
static const struct hf_chain_place by_extension = {.extension = ORGANISATION_OID};

static hf_status read_name(const struct ca_spec *spec, const struct hf_chain_place *place,
                           hf_buf *name)
{
    struct ca_cert cert = ca_issue(spec, NULL);
    ERR_clear_error();
    hf_status status = hf_chain_read_name(ca_der(&cert), place, name);
    assert_int_equal(ERR_peek_error(), 0);
    ca_free(&cert);
    return status;
}

static void assert_name(const struct ca_spec *spec, const struct hf_chain_place *place)
{
    HF_CLEANUP(hf_buf_clear) hf_buf name = hf_buf_init(256);
    assert_ok(read_name(spec, place, &name));
    assert_true(hf_bytes_equal_string(hf_buf_view(&name), CA_USCC));
}

static void assert_no_name(const struct ca_spec *spec, const struct hf_chain_place *place)
{
    HF_CLEANUP(hf_buf_clear) hf_buf name = hf_buf_init(256);
    assert_code(read_name(spec, place, &name), NOT_FOUND);
    assert_int_equal(name.size, 0);
}

static void an_attribute_of_the_subject_is_read(void **state)
{
    (void)state;
    const struct ca_spec spec = {.name = "E", .code = CA_USCC};
    assert_name(&spec, &by_serial);
    assert_name(&spec, &by_oid);
    assert_no_name(&spec, &by_extension);
}

static void an_attribute_that_is_absent_or_twice_names_nobody(void **state)
{
    (void)state;
    const struct ca_spec none = {.name = "E"};
    const struct ca_spec two = {.name = "E", .code = CA_USCC, .code_twice = "91999999MA0000A00C"};
    assert_no_name(&none, &by_serial);
    assert_no_name(&two, &by_serial);
}

static void an_extension_is_read_however_it_is_wrapped(void **state)
{
    (void)state;
    static const char *const values[] = {
        "ASN1:UTF8String:" CA_USCC,
        "ASN1:PRINTABLESTRING:" CA_USCC,
        "ASN1:IA5STRING:" CA_USCC,
        "ASN1:OCT:" CA_USCC,
        "ASN1:OCTWRAP,UTF8String:" CA_USCC,
        "ASN1:OCTWRAP,OCTWRAP,PRINTABLESTRING:" CA_USCC,
        "DER:3931333530313030"
        "4d30303031303059"
        "3433",
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        const struct ca_spec spec = {
            .name = "E", .ext_oid = ORGANISATION_OID, .ext_value = values[i]};
        assert_name(&spec, &by_extension);
    }
}

static void places_are_known_names_or_dotted_numbers(void **state)
{
    (void)state;
    static const struct {
        struct hf_chain_place place;
        bool is_ok;
    } cases[] = {
        {{.subject = "O"}, true},
        {{.subject = "organizationIdentifier"}, true},
        {{.subject = "2.5.4.97"}, true},
        {{.extension = ORGANISATION_OID}, true},
        {{.subject = NULL}, false},
        {{.subject = "O", .extension = ORGANISATION_OID}, false},
        {{.subject = "no such name"}, false},
        {{.extension = "O"}, false}, /* dotted alone */
        {{.extension = "1.2.x"}, false},
        {{.extension = ""}, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(hf_chain_place_ok(&cases[i].place), cases[i].is_ok);
        assert_int_equal(ERR_peek_error(), 0);
    }
}

static void what_is_no_certificate_has_no_name(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf name = hf_buf_init(256);
    HF_CLEANUP(hf_buf_clear) hf_buf small = hf_buf_init(4);
    const struct ca_spec spec = {.name = "E", .code = CA_USCC};
    assert_code(hf_chain_read_name(HF_LITERAL("\x30\x00"), &by_serial, &name), KEY_MALFORMED);
    assert_code(read_name(&spec, &by_serial, &small), LIMIT);
}

static int set_up(void **state)
{
    (void)state;
    return hf_is_ok(hf_crypto_init()) ? 0 : 1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_attribute_of_the_subject_is_read),
        cmocka_unit_test(an_attribute_that_is_absent_or_twice_names_nobody),
        cmocka_unit_test(an_extension_is_read_however_it_is_wrapped),
        cmocka_unit_test(places_are_known_names_or_dotted_numbers),
        cmocka_unit_test(what_is_no_certificate_has_no_name),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
