"""hufu policy explain: every field, what happens to it, which rule and scope decided.

Covers: cli/policy_explain.c cli/policy_access.c cli/claims_file.c
"""
import json
import unicodedata

import pytest
from conftest import SOURCE

from test_policy_apply import A, ASKED, BANK, EXAMPLES, PAYMENT, SCOPE, SOLE, answer_of, answers, claims

POLICY = EXAMPLES / "policy.json"
TAX = EXAMPLES / "catalogs" / "tax.json"


@pytest.fixture
def explain(hufu):
    def run(operation, *options, catalog=TAX, policy=POLICY):
        return hufu("policy", "explain", catalog, "--policy", policy, "--operation", operation,
                    "--bank", BANK, *options)

    return run


@pytest.fixture
def fields(explain):
    """fields(operation, options…) -> {path: what is said of it}"""

    def run(*words, **more):
        ran = explain(*words, "--json", **more)
        return {field["path"]: field for field in json.loads(ran.out)["fields"]}

    return run


def rows(out):
    """The table's lines, split where two spaces part the columns."""
    table = out.split("\n\n", 1)[1].splitlines()
    return {line.split("  ")[0]: line for line in table[1:]}


# ---- what is said of a field ----

def test_a_covered_field_names_its_rule_and_scope(fields, tmp_path):
    file = claims(tmp_path, {**SCOPE, "classes": []}, SCOPE)
    field = fields(PAYMENT, "--consent-claims", file, *ASKED)["items[].voucher_no"]
    text = '"field": "items[].voucher_no"'
    line = next(n for n, row in enumerate(POLICY.read_text().splitlines(), 1) if text in row)
    assert field["class"] == "trade_secret" and field["treatment"] == "mask 4 2"
    assert field["released"] is True and field["reason"] == "covered" and field["lacks"] is None
    assert field["rule"] == {"index": 7, "by": "do", "file": str(POLICY), "line": line, "column": 5}
    assert field["scope"] == {"consent": 0, "index": 1, "file": str(file)}
    assert field["person_scope"] is None


def test_a_text_is_said_to_be_scanned(fields, tmp_path):
    field = fields(PAYMENT, "--consent-claims", claims(tmp_path), *ASKED)["items[].note"]
    assert field["treatment"] == "scan" and field["reason"] == "covered" and field["released"] is True


@pytest.mark.parametrize("path, reason, rule", [
    ("uscc", "public", 0), ("credit_level_hint", "no_class", None), ("total_paid", "beside_rows", None),
    ("items[].declared_by", "not_covered", None)])
def test_each_reason_is_named(fields, tmp_path, path, reason, rule):
    field = fields(PAYMENT, "--consent-claims", claims(tmp_path), *ASKED)[path]
    assert field["reason"] == reason and field["released"] is (reason == "public")
    assert (field["rule"] or {}).get("index") == rule


INSURED = "GET /insured/{uscc}.json"
SOCIAL = EXAMPLES / "catalogs" / "social.json"


def test_personal_data_says_whose_word_it_needs(fields, tmp_path):
    """Of each person a scope; whom the answer names decides over the rest."""
    scope = {name: value for name, value in SCOPE.items() if name != "range"}
    scope["datatypes"] = ["social/insured"]
    names = ["person:" + letter * 42 + "A" for letter in "AB"]
    files = [claims(tmp_path, scope), *(claims(tmp_path, {**scope, "classes": ["personal"]}, iss=name)
                                        for name in names)]
    words = [word for file in files for word in ("--consent-claims", file)]
    said = fields(INSURED, *words, *ASKED, catalog=SOCIAL)
    field = said["persons[].kin[].name"]
    assert (field["reason"], field["treatment"], field["rule"]["index"]) == ("owned", "keep", 4)
    assert field["owner"] == {"field": "id_no", "persons": names}
    assert field["scope"] == {"consent": 1, "index": 0, "file": str(files[1])}
    assert (said["persons[].base"]["reason"], said["persons[].base"]["lacks"]) == ("not_covered", "class")
    assert said["persons[].base"]["rule"] is None and said["persons[].base"]["owner"] is None
    assert said["handled_by"]["reason"] == "nobodys" and not said["handled_by"]["released"]
    assert said["persons[].post"]["owner"] is None


def test_the_table_says_where_a_persons_data_leave(explain):
    consents = EXAMPLES / "cases" / "consents"
    words = [word for name in ("enterprise", "person", "other-person")
             for word in ("--consent-claims", consents / f"insured-{name}.json")]
    table = rows(explain(INSURED, *words, *ASKED, catalog=SOCIAL).out)
    assert "(and of 1 other) where `id_no` names the grantor; rule 4 " in table["persons[].name"]
    assert "insured-person.json where it names the grantor; rule 1 " in table["persons[].id_no"]
    assert "nobody says whose" in table["handled_by"]


def test_a_field_without_a_class_is_shown_in_the_catalog(fields):
    place = fields(PAYMENT, "--subject", A)["credit_level_hint"]["catalog"]
    line = TAX.read_text().splitlines()[place["line"] - 1]
    assert "credit_level_hint" in line and line[place["column"] - 1] == "{"


@pytest.mark.parametrize("scopes, lacks", [
    ([{**SCOPE, "classes": []}], "class"),
    ([{**SCOPE, "fields": ["items[].item"]}], "field"),
    ([{**SCOPE, "classes": []}, {**SCOPE, "range": {"from": "2025-01-01", "to": "2025-06-30"}}],
     "range")])
def test_what_the_nearest_scope_lacks_is_named(fields, tmp_path, scopes, lacks):
    file = claims(tmp_path, *scopes)
    field = fields(PAYMENT, "--consent-claims", file, *ASKED)["items[].paid_amount"]
    assert (field["reason"], field["lacks"], field["scope"]) == ("not_covered", lacks, None)
    assert field["rule"]["by"] == "without_consent"


def test_without_a_consent_a_scope_lacks(fields):
    field = fields("GET /rating/{uscc}.json", "--subject", A)["ratings[].level"]
    assert (field["reason"], field["lacks"], field["treatment"]) == ("not_covered", "scope", "drop")


def test_a_sole_traders_fields_say_who_must_agree(fields):
    field = fields("GET /rating/{uscc}.json", "--subject", SOLE)["ratings[].level"]
    assert field["reason"] == "sole_trader" and not field["released"]


def test_without_a_rule_nothing_leaves_and_it_says_so(fields, tmp_path):
    policy = tmp_path / "policy.json"
    policy.write_text('{"version": "1", "rules": []}')
    said = fields(PAYMENT, "--consent-claims", claims(tmp_path), *ASKED, policy=policy)
    assert said["uscc"]["reason"] == "no_rule" and said["uscc"]["rule"] is None
    assert not any(field["released"] for field in said.values())


# ---- the explanation is what the gateway does ----

def leaves(value, path=""):
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for element in value:
            yield from leaves(element, f"{path}[]")
    elif value is not None:
        yield path


@pytest.mark.parametrize("path", answers(SOLE, "91999999MA0000A274"))
def test_what_leaves_is_what_was_explained(hufu, fields, tmp_path, path):
    source, dataset, uscc = path.parts[-3], path.parts[-2], path.stem
    catalog = EXAMPLES / "catalogs" / f"{source}.json"
    scope = {**SCOPE, "datatypes": [f"{source}/{dataset}"], "detail": "records",
             "range": {"from": "2022-01-01", "to": "2025-12-31"}}
    words = (f"GET /{dataset}/{{uscc}}.json", "--consent-claims",
             claims(tmp_path, scope, iss=f"uscc:{uscc}"), *ASKED)
    said = fields(*words, catalog=catalog)
    ran = hufu("policy", "apply", catalog, "--policy", POLICY, "--bank", BANK, "--operation", *words,
               stdin=path.read_bytes())
    left = set(leaves(json.loads(ran.out)))
    assert left and left <= {name for name, field in said.items() if field["released"]}


# ---- the verdict above the fields ----

def test_an_allowed_access_tells_rows_and_charge(explain, tmp_path):
    file = claims(tmp_path)
    ran = explain(PAYMENT, "--consent-claims", file, *ASKED)
    assert ran.code == 0 and ran.out.splitlines()[:4] == [
        "operation: GET /payment/{uscc}.json (tax/payment)", "verdict: allow",
        f"rows: 2024-01-01..2025-12-31, as scope 0 of {file}", f"charged: {file}"]


def test_an_access_without_consent_is_refused_and_explained(explain):
    ran = explain(PAYMENT, "--subject", A)
    assert ran.code == 1 and "verdict: deny consent_missing: " in ran.out
    assert "no scope covers the operation; rule 13 " in rows(ran.out)["items[].paid_amount"]


def test_a_consent_that_does_not_hold_is_refused_by_its_code(explain, tmp_path):
    file = claims(tmp_path, {**SCOPE, "actions": ["use"]})
    ran = explain(PAYMENT, "--consent-claims", file, *ASKED)
    assert ran.code == 1 and "verdict: deny action_denied: " in ran.out
    told = json.loads(explain(PAYMENT, "--consent-claims", file, *ASKED, "--json").out)
    assert (told["verdict"], told["code"], told["fields"]) == ("deny", "action_denied", [])


def test_json_has_a_stable_shape(explain, tmp_path):
    told = json.loads(explain(PAYMENT, "--consent-claims", claims(tmp_path), *ASKED, "--json").out)
    assert list(told) == ["verdict", "code", "attribute", "operation", "dataset", "bank", "subject",
                          "subject_kind", "purpose", "actions", "rows", "access_policy", "charged",
                          "fields"]
    for field in told["fields"]:
        assert list(field) == ["path", "class", "level", "treatment", "released", "reason", "lacks",
                               "rule", "scope", "person_scope", "owner", "catalog"]
    assert told["rows"]["from"] == "2024-01-01" and told["charged"] == [0]
    assert len(told["access_policy"]) == 43


# ---- agreement and ceilings ----

def agreement(tmp_path, **changes):
    text = {"bank": BANK, "source": "tax", "datasets": ["payment"], "purposes": ["pre_loan"],
            "classes": ["public"], "not_before": 1700000000, "not_after": 1900000000, **changes}
    path = tmp_path / f"{text['bank']}.{text['source']}.json"
    path.write_text(json.dumps(text))
    return path


def test_the_agreement_bounds_and_is_named(fields, tmp_path):
    said = fields(PAYMENT, "--consent-claims", claims(tmp_path), *ASKED,
                  "--agreement", agreement(tmp_path))
    assert said["items[].paid_amount"]["reason"] == "not_agreed"
    assert said["uscc"]["reason"] == "public"


@pytest.mark.parametrize("changes, at", [({"datasets": ["rating"]}, 1800000000), ({}, 1900000000),
                                         ({"purposes": ["in_loan"]}, 1800000000)])
def test_an_agreement_that_does_not_reach_refuses(explain, tmp_path, changes, at):
    ran = explain(PAYMENT, "--consent-claims", claims(tmp_path), *ASKED,
                  "--agreement", agreement(tmp_path, **changes), "--at", at)
    assert ran.code == 1 and "deny agreement_denied" in ran.out


def test_an_agreement_of_another_source_refuses(explain, tmp_path):
    ran = explain(PAYMENT, "--consent-claims", claims(tmp_path), *ASKED,
                  "--agreement", agreement(tmp_path, source="samr"))
    assert ran.code == 1 and "deny agreement_denied" in ran.out


def ceilings(tmp_path, **rule):
    path = tmp_path / "ceilings.json"
    path.write_text(json.dumps({"rules": [{"purpose": "pre_loan", **rule}]}))
    return path


def test_a_ceiling_narrows_the_rows(explain, tmp_path):
    ran = explain(PAYMENT, "--consent-claims", claims(tmp_path), *ASKED,
                  "--ceilings", ceilings(tmp_path, max_range_days=31, do="clamp"))
    assert ran.code == 0 and "rows: 2025-12-01..2025-12-31" in ran.out


def test_a_ceiling_refuses(explain, tmp_path):
    ran = explain(PAYMENT, "--consent-claims", claims(tmp_path), *ASKED,
                  "--ceilings", ceilings(tmp_path, max_validity_days=7, do="reject"))
    assert ran.code == 1 and "deny ceiling_exceeded" in ran.out


def test_documents_beside_are_checked_with_their_place(explain, tmp_path):
    bad = agreement(tmp_path, classes=["secret"])
    ran = explain(PAYMENT, "--subject", A, "--agreement", bad)
    assert ran.code == 1 and f"{bad}:1:" in ran.err and "classes" in ran.err
    bad = ceilings(tmp_path, max_range_days=0, do="reject")
    ran = explain(PAYMENT, "--subject", A, "--ceilings", bad)
    assert ran.code == 1 and f"{bad}:1:" in ran.err


# ---- mistakes ----

def test_a_bad_claim_is_told_at_its_place_in_the_file(explain, tmp_path):
    file = claims(tmp_path)
    text = json.dumps(json.loads(file.read_text()), indent=2).replace('"trade_secret"', '"secret"')
    file.write_text(text)
    line = next(n for n, row in enumerate(text.splitlines(), 1) if '"classes"' in row)
    ran = explain(PAYMENT, "--consent-claims", file, *ASKED)
    assert ran.code == 1 and ran.out == ""
    place, words = ran.err.split(": ", 1)
    name, found, column = place.rsplit(":", 2)
    assert name == str(file) and int(found) in (line, line + 1) and int(column) > 1
    assert words.startswith("authorization_details[0].classes")


def test_a_claim_that_is_missing_is_told_without_a_false_place(explain, tmp_path):
    file = claims(tmp_path)
    file.write_text(json.dumps({name: value for name, value in json.loads(file.read_text()).items()
                                if name != "rcpt"}))
    ran = explain(PAYMENT, "--consent-claims", file, *ASKED)
    assert ran.code == 1 and "rcpt" in ran.err


def test_claims_that_are_no_json_are_told_at_their_place(explain, tmp_path):
    file = tmp_path / "claims.json"
    file.write_text('{"iss": "uscc:91350100M000100Y43",\n "sub": }')
    ran = explain(PAYMENT, "--consent-claims", file, *ASKED)
    assert ran.code == 4 and f"{file}:2:9: " in ran.err


def test_an_unknown_operation_is_wrong_usage(explain):
    ran = explain("GET /payments", "--subject", A)
    assert ran.code == 2 and "--operation names no operation" in ran.err and ran.out == ""


@pytest.mark.parametrize("option", ["--consent-claims", "--agreement", "--ceilings"])
def test_a_missing_file_cannot_be_read(explain, tmp_path, option):
    ran = explain(PAYMENT, "--subject", A, option, tmp_path / "none.json", *ASKED)
    assert ran.code == 4 and "none.json: " in ran.err


def test_documents_with_mistakes_are_told(explain, tmp_path):
    bad = tmp_path / "policy.json"
    bad.write_text('{"version": "1",\n "rules": [{"when": {}, "do": "kep"}]}')
    ran = explain(PAYMENT, "--subject", A, policy=bad)
    assert ran.code == 1 and f"{bad}:2:" in ran.err
    assert explain(PAYMENT, "--subject", A, catalog=tmp_path / "none").code == 4


@pytest.mark.parametrize("options, words", [
    ((), "--subject is missing"), (("--subject", A, "--bank", "1"), "--bank is given twice"),
    (("--subject", A, "--purpose", "loan"), "--purpose must be"),
    (("--subject", A, "--at", "soon"), "--at must be"), (("--subject", "person:x"), "--subject must be")])
def test_wrong_usage_is_told(explain, options, words):
    ran = explain(PAYMENT, *options)
    assert ran.code == 2 and words in ran.err


def test_more_than_eight_consents_are_wrong_usage(explain, tmp_path):
    ran = explain(PAYMENT, *("--consent-claims", claims(tmp_path)) * 9, *ASKED)
    assert ran.code == 2 and "8 times at most" in ran.err


# ---- for people ----

def width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def test_columns_are_aligned_where_names_are_chinese(explain, tmp_path):
    catalog = tmp_path / "tax.json"
    catalog.write_text(TAX.read_text().replace('"paid_amount"', '"实缴金额"')
                       .replace('"taxpayer_name"', '"纳税人名称（全称）"'))
    policy = tmp_path / "policy.json"
    policy.write_text('{"version": "1", "rules": [{"when": {}, "do": "keep"}]}')
    ran = explain(PAYMENT, "--subject", A, catalog=catalog, policy=policy)
    lines = ran.out.split("\n\n", 1)[1].splitlines()
    begins = {width(line[:line.index(word)])
              for line in lines
              for word in ("CLASS", "public", "trade_secret", "none", "personal", "sensitive_personal")
              if f"  {word}  " in line}
    assert "实缴金额" in ran.out and len(begins) == 1


def test_help_shows_whole_commands(hufu):
    ran = hufu("help", "policy", "explain")
    assert ran.code == 0 and ran.out.count("hufu policy explain tax.json") == 2
    assert "policy explain" in hufu("help", "policy").out
