/*
 * Decides what the five fields of an access may look like. Whether a consent holds, a purpose is
 * allowed or a name exists is not known here.
 *
 * Invariant: every word that was accepted is in the vocabulary; an unknown word is a refusal and
 * never an empty set, because an empty set would ask for less and be granted.
 */
#include "gateway/fields.h"

#include "consent/id.h"

static bool is_name_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static bool all_name_chars(hf_bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!is_name_char(text.data[i])) {
            return false;
        }
    }
    return true;
}

static hf_status refuse(struct hf_problem *reterr, const char *field, const char *sentence)
{
    return hf_problem_set(reterr, HF_REQUEST_MALFORMED, field, "%s", sentence);
}

static hf_status add_consent(struct hf_request_fields *fields, struct hf_presented presented,
                             struct hf_problem *reterr)
{
    if (fields->n_consents == HF_REQUEST_MAX_CONSENTS) {
        return refuse(reterr, "consent", "at most eight consents may be presented");
    }
    fields->consents[fields->n_consents++] = presented;
    return HF_DONE;
}

static hf_status read_consent(struct hf_request_fields *fields, hf_bytes value,
                              struct hf_problem *reterr)
{
    if (value.size == 0) {
        return refuse(reterr, "consent", "a token is expected");
    }
    if (value.size > HF_CONSENT_FIELD_BYTES) {
        return hf_problem_set(reterr, HF_HEADERS_TOO_LARGE, "consent",
                              "a token above 8 KiB must be registered and named");
    }
    return add_consent(fields, (struct hf_presented){.text = value}, reterr);
}

static hf_status read_consent_id(struct hf_request_fields *fields, hf_bytes value,
                                 struct hf_problem *reterr)
{
    struct hf_consent_id id;
    if (!hf_is_ok(hf_consent_id_parse(value, &id))) {
        return refuse(reterr, "consent-id", "iss;jti is expected");
    }
    return add_consent(fields, (struct hf_presented){.text = value, .is_name = true}, reterr);
}

static hf_status read_purpose(struct hf_request_fields *fields, hf_bytes value,
                              struct hf_problem *reterr)
{
    if (fields->purpose || !hf_purpose_by_name(value, &fields->purpose)) {
        return refuse(reterr, "consent-purpose", "one of pre_loan, in_loan, post_loan is expected");
    }
    return HF_DONE;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static hf_bytes trim(hf_bytes text)
{
    while (text.size && is_blank(text.data[0])) {
        text = hf_bytes_skip(text, 1);
    }
    while (text.size && is_blank(text.data[text.size - 1])) {
        text.size--;
    }
    return text;
}

/* = RFC 8941 3.1: members separated by a comma and optional white space; no trailing comma. */
static hf_status read_actions(struct hf_request_fields *fields, hf_bytes value,
                              struct hf_problem *reterr)
{
    const char *sentence = "a list of query, process, analyse, use is expected, each once";
    unsigned actions = 0;
    bool more = !fields->actions;
    if (!more) {
        return refuse(reterr, "consent-actions", sentence);
    }
    while (more) {
        unsigned bit = 0;
        const uint8_t *comma = value.size ? memchr(value.data, ',', value.size) : NULL;
        hf_bytes word = {value.data, comma ? (size_t)(comma - value.data) : value.size};
        if (!hf_action_by_name(trim(word), &bit) || (actions & bit)) {
            return refuse(reterr, "consent-actions", sentence);
        }
        actions |= bit;
        more = comma != NULL;
        value = hf_bytes_skip(value, word.size + (more ? 1 : 0));
    }
    fields->actions = actions;
    return HF_DONE;
}

static hf_status read_loan(struct hf_request_fields *fields, hf_bytes value,
                           struct hf_problem *reterr)
{
    if (fields->loan_ref.size || value.size != HF_LOAN_REF_CHARS || !all_name_chars(value)) {
        return refuse(reterr, "consent-loan", "one digest of 43 characters is expected");
    }
    fields->loan_ref = value;
    return HF_DONE;
}

hf_status hf_request_field_read(struct hf_request_fields *fields, hf_bytes name, hf_bytes value,
                                struct hf_problem *reterr)
{
    static const struct {
        const char *name;
        hf_status (*read)(struct hf_request_fields *fields, hf_bytes value,
                          struct hf_problem *reterr);
    } rows[] = {
        {"consent", read_consent},         {"consent-actions", read_actions},
        {"consent-id", read_consent_id},   {"consent-loan", read_loan},
        {"consent-purpose", read_purpose},
    };
    if (!hf_bytes_starts_with(name, HF_LITERAL("consent"))) {
        return HF_DONE;
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (hf_bytes_equal_string(name, rows[i].name)) {
            return rows[i].read(fields, value, reterr);
        }
    }
    return HF_DONE;
}
