/*
 * The enterprise of the demonstration: a key, its entry among the grantors, a notice to read, and
 * the claims of a consent for the first bank. The consent leaves out tax/invoice on purpose, so
 * that a query for it shows what is not granted.
 */
#include "cli/init_parts.h"

#include "base/json.h"
#include "consent/grantors.h"
#include "crypto/base64.h"
#include "crypto/key.h"

enum { JWK_MAX_BYTES = 1024, TREE_BYTES = 1 << 16, CLAIMS_MAX_BYTES = 8192 };
enum { CONSENT_LIFE_S = 89 * 86400 }; /* a day less than the most that pre_loan may have */

static const char notice[] =
    "企业信息查询授权告知书\n"
    "\n"
    "本企业同意示范银行为贷前审查的目的，经数据网关查询本企业在税务、市场监管部门的下列信息：\n"
    "纳税、欠税、纳税信用等级，登记、年度报告；数据日期自2023年1月1日至2025年12月31日。\n"
    "银行可查询、分析、使用所得信息，最多一百次，所得信息自取得之日起九十日内删除。\n"
    "本企业可随时撤回本授权；撤回后网关不再提供任何信息。\n"
    "每一次查询均记入可核验的访问日志。\n";

static hf_status add_grantor(struct hf_init *init, const struct hf_key *key)
{
    char folder[PATH_MAX];
    char kid[HF_KID_MAX_BYTES + 1];
    HF_CLEANUP(hf_buf_clear) hf_buf jwk = hf_buf_init(JWK_MAX_BYTES);
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(TREE_BYTES);
    static const struct hf_json_limits limits = {JWK_MAX_BYTES, 2, 16, 256};
    struct hf_grantor_addition addition = {.iss = "uscc:" HF_INIT_ENTERPRISE};
    HF_TRY(hf_key_write_jwk(key, &jwk));
    HF_TRY(hf_json_parse(hf_buf_view(&jwk), &limits, &arena, &addition.jwk, NULL));
    HF_TRY(hf_init_path(init, "grantors", folder));
    return hf_grantor_add(folder, &addition, kid, &init->problem);
}

static hf_status write_claims(const struct hf_init *init, hf_buf *text)
{
    const struct hf_cert_info *cert = &init->bank_certs[0];
    uint8_t digest[HF_SHA256_BYTES];
    char notice_sha256[HF_BASE64URL_CHARS(HF_SHA256_BYTES) + 1];
    char x5t[HF_BASE64URL_CHARS(HF_SHA256_BYTES) + 1];
    hf_sha256_of(HF_LITERAL(notice), digest);
    hf_base64url_encode_fixed(hf_bytes_of(digest, sizeof(digest)), notice_sha256);
    hf_base64url_encode_fixed(hf_bytes_of(cert->sha256, sizeof(cert->sha256)), x5t);
    HF_TRY(hf_buf_printf(text,
                         "{\n"
                         "  \"iss\": \"uscc:%s\",\n"
                         "  \"sub\": \"uscc:%s\",\n"
                         "  \"aud\": \"https://localhost:%u\",\n"
                         "  \"rcpt\": \"uscc:%s\",\n"
                         "  \"exp\": %lld,\n"
                         "  \"purposes\": [\"pre_loan\"],\n",
                         HF_INIT_ENTERPRISE, HF_INIT_ENTERPRISE, init->port, hf_init_banks[0],
                         (long long)init->now_unix_s + CONSENT_LIFE_S));
    HF_TRY(hf_buf_append_string(
        text, "  \"authorization_details\": [\n"
              "    {\n"
              "      \"type\": \"credit_data\",\n"
              "      \"datatypes\": [\"tax/payment\", \"tax/arrears\", \"tax/rating\",\n"
              "                    \"samr/registration\", \"samr/annual_report\"],\n"
              "      \"actions\": [\"query\", \"analyse\", \"use\"],\n"
              "      \"classes\": [\"trade_secret\"],\n"
              "      \"range\": {\"from\": \"2023-01-01\", \"to\": \"2025-12-31\"}\n"
              "    }\n"
              "  ],\n"
              "  \"fetch\": {\"max_total\": 100},\n"
              "  \"data_life_days\": 90,\n"));
    return hf_buf_printf(text,
                         "  \"cnf\": {\"x5t#S256\": \"%s\", \"jkt\": \"%s\"},\n"
                         "  \"notice\": {\"id\": \"credit-notice\", \"ver\": \"1\",\n"
                         "             \"sha256\": \"%s\", \"lang\": \"zh-CN\"}\n"
                         "}\n",
                         x5t, cert->jkt, notice_sha256);
}

hf_status hf_init_enterprise(struct hf_init *init)
{
    char path[PATH_MAX];
    HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
    HF_CLEANUP(hf_buf_clear) hf_buf claims = hf_buf_init(CLAIMS_MAX_BYTES);
    HF_TRY(hf_key_generate(HF_ALG_ED25519, &key));
    HF_TRY(hf_init_path(init, "demo/enterprise/enterprise.key", path));
    HF_TRY(hf_key_file_create(path, key));
    HF_TRY(add_grantor(init, key));
    HF_TRY(write_claims(init, &claims));
    HF_TRY(hf_init_put(init, "demo/enterprise/claims.json", hf_buf_view(&claims), 0644));
    return hf_init_put(init, "demo/enterprise/what-you-sign.txt", HF_LITERAL(notice), 0644);
}
