/*
 * The closed vocabulary of consents, catalogs and policies, in one place, names both ways. A set is
 * a bit mask in an `unsigned`; a name outside the vocabulary has no bit and is never ignored.
 *
 * "class" here is the class of a data field; it is spelled HF_FIELD_* because `enum hf_class` is
 * the class of a status.
 */
#pragma once

#include "base/bytes.h"

/* 贷前 贷中 贷后 */
enum {
    HF_PURPOSE_PRE_LOAN = 1u << 0,
    HF_PURPOSE_IN_LOAN = 1u << 1,
    HF_PURPOSE_POST_LOAN = 1u << 2,
    HF_PURPOSE_ALL = (1u << 3) - 1
};

/* 查询 加工 分析 使用 */
enum {
    HF_ACTION_QUERY = 1u << 0,
    HF_ACTION_PROCESS = 1u << 1,
    HF_ACTION_ANALYSE = 1u << 2,
    HF_ACTION_USE = 1u << 3,
    HF_ACTION_ALL = (1u << 4) - 1
};

/* Classes of fields. HF_FIELD_OF_PERSON: only the person's own consent releases these. */
enum {
    HF_FIELD_PUBLIC = 1u << 0,
    HF_FIELD_TRADE_SECRET = 1u << 1,
    HF_FIELD_PERSONAL = 1u << 2,
    HF_FIELD_SENSITIVE = 1u << 3,
    HF_FIELD_ALL = (1u << 4) - 1,
    HF_FIELD_OF_PERSON = HF_FIELD_PERSONAL | HF_FIELD_SENSITIVE
};

/* 税务 市场监管 海关 司法 水 电 气 社保 公积金 公共信用 */
enum hf_source {
    HF_SOURCE_TAX,
    HF_SOURCE_SAMR,
    HF_SOURCE_CUSTOMS,
    HF_SOURCE_COURT,
    HF_SOURCE_WATER,
    HF_SOURCE_POWER,
    HF_SOURCE_GAS,
    HF_SOURCE_SOCIAL,
    HF_SOURCE_HOUSING,
    HF_SOURCE_CREDIT,
    HF_N_SOURCES
};

/* Whom the data is about. A sole trader (个体工商户) has a USCC that begins with 92. */
enum hf_subject_kind {
    HF_SUBJECT_LEGAL = 1u << 0,
    HF_SUBJECT_SOLE_TRADER = 1u << 1,
    HF_SUBJECT_PERSON = 1u << 2,
    HF_SUBJECT_ALL = (1u << 3) - 1
};

/* How deep a dataset goes: totals, or line items. The zero value is the narrower one. */
enum hf_detail_kind { HF_DETAIL_SUMMARY = 0, HF_DETAIL_RECORDS = 1 };

/* Each sets its output and returns true when @name is in the vocabulary. Exact, case-sensitive. */
bool hf_purpose_by_name(hf_bytes name, unsigned *ret_bit);
bool hf_action_by_name(hf_bytes name, unsigned *ret_bit);
bool hf_field_by_name(hf_bytes name, unsigned *ret_bit);
bool hf_source_by_name(hf_bytes name, enum hf_source *ret_source);
bool hf_subject_kind_by_name(hf_bytes name, unsigned *ret_bit);
bool hf_detail_by_name(hf_bytes name, enum hf_detail_kind *ret_detail);

/* The name of one bit or value; NULL when it is none. Static storage. */
const char *hf_purpose_name(unsigned bit);
const char *hf_action_name(unsigned bit);
const char *hf_field_name(unsigned bit);
const char *hf_source_name(enum hf_source source);
const char *hf_subject_kind_name(unsigned bit);
const char *hf_detail_name(enum hf_detail_kind detail);

enum { HF_DATASET_MAX_BYTES = 64 }; /* of the part behind the slash */

/* Whether @name may name a dataset within its source: [a-z][a-z0-9_]{0,63}. */
bool hf_dataset_name_ok(hf_bytes name);

/* Splits "tax/payment"; false when the source is unknown or the name is not well formed. */
bool hf_dataset_split(hf_bytes dataset, enum hf_source *ret_source, hf_bytes *ret_name);
