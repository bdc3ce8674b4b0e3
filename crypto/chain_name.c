/*
 * Who a certificate is about. Authorities write an enterprise's code into an attribute of the
 * subject or into an extension of their own, as a bare text or wrapped in one or two string types;
 * this file finds the one text at the place that it is told and believes nothing about it.
 */
#include "crypto/chain.h"
#include "crypto/der.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

enum { MAX_WRAPPINGS = 3 };

static void free_object(ASN1_OBJECT **object)
{
    ASN1_OBJECT_free(*object);
    ERR_clear_error();
}

static void free_cert(X509 **cert)
{
    X509_free(*cert);
    ERR_clear_error();
}

bool hf_chain_place_ok(const struct hf_chain_place *place)
{
    HF_CLEANUP(free_object)
    ASN1_OBJECT *object = place->subject     ? OBJ_txt2obj(place->subject, 0)
                          : place->extension ? OBJ_txt2obj(place->extension, 1)
                                             : NULL;
    return object && !(place->subject && place->extension);
}

static hf_status read_subject(const X509 *cert, const ASN1_OBJECT *type, hf_buf *name)
{
    const X509_NAME *subject = X509_get_subject_name(cert);
    unsigned char *text = NULL;
    int at = X509_NAME_get_index_by_OBJ(subject, type, -1);
    if (at < 0 || X509_NAME_get_index_by_OBJ(subject, type, at) >= 0) {
        HF_FAIL(NOT_FOUND);
    }
    const ASN1_STRING *value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
    int n = ASN1_STRING_to_UTF8(&text, value);
    if (n < 0) {
        HF_FAIL(KEY_MALFORMED);
    }
    hf_status status = hf_buf_append(name, hf_bytes_of(text, (size_t)n));
    OPENSSL_free(text);
    return status;
}

/* Takes off string types as long as one holds all the rest; text begins with none of their tags. */
static hf_bytes unwrap(hf_bytes value)
{
    static const uint8_t tags[] = {HF_DER_OCTET_STRING, HF_DER_UTF8_STRING, HF_DER_PRINTABLE_STRING,
                                   HF_DER_IA5_STRING};
    for (size_t i = 0; i < MAX_WRAPPINGS * sizeof tags; i++) {
        hf_bytes rest = value;
        hf_bytes content;
        if (hf_der_take(&rest, tags[i % sizeof tags], &content) && rest.size == 0) {
            value = content;
        }
    }
    return value;
}

static hf_status read_extension(const X509 *cert, const ASN1_OBJECT *type, hf_buf *name)
{
    int at = X509_get_ext_by_OBJ(cert, type, -1);
    if (at < 0 || X509_get_ext_by_OBJ(cert, type, at) >= 0) {
        HF_FAIL(NOT_FOUND);
    }
    const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(X509_get_ext(cert, at));
    return hf_buf_append(
        name, unwrap(hf_bytes_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value))));
}

hf_status hf_chain_read_name(hf_bytes der, const struct hf_chain_place *place, hf_buf *name)
{
    const unsigned char *at = der.data;
    HF_CLEANUP(free_object)
    ASN1_OBJECT *type =
        place->subject ? OBJ_txt2obj(place->subject, 0) : OBJ_txt2obj(place->extension, 1);
    HF_CLEANUP(free_cert) X509 *cert = d2i_X509(NULL, &at, (long)der.size);
    if (!type || !cert) {
        HF_FAIL(KEY_MALFORMED);
    }
    return place->subject ? read_subject(cert, type, name) : read_extension(cert, type, name);
}
