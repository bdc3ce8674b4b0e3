/*
 * The status table. Every row comes from status.def, so a code, its HTTP status, its problem type
 * and its sentence cannot drift apart.
 */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct hf_code_info table[] = {
#define HF_STATUS(name, class, http, slug, sentence)                                               \
    [HF_##name] = {slug, HF_CLASS_##class, http, "urn:hufu:problem:" slug, sentence},
#include "base/status.def"
#undef HF_STATUS
};

const struct hf_code_info *hf_code_info(enum hf_code code)
{
    if ((unsigned)code >= HF_N_CODES) {
        return &table[HF_BUG];
    }
    return &table[code];
}

int hf_code_by_name(const char *name, enum hf_code *ret_code)
{
    for (unsigned code = 0; code < HF_N_CODES; code++) {
        if (strcmp(table[code].name, name) == 0) {
            *ret_code = (enum hf_code)code;
            return 1;
        }
    }
    return 0;
}

hf_status hf_problem_set(struct hf_problem *reterr, enum hf_code code, const char *where,
                         const char *format, ...)
{
    if (reterr) {
        va_list args;
        reterr->code = code;
        snprintf(reterr->where, sizeof reterr->where, "%s", where ? where : "");
        va_start(args, format);
        vsnprintf(reterr->detail, sizeof reterr->detail, format, args);
        va_end(args);
    }
    return hf_status_of(code);
}
