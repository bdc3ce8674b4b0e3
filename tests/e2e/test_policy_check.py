"""hufu policy check: every mistake with file, line and column.

Covers: cli/policy_check.c
"""
import json

import pytest
from conftest import SOURCE

TAX = SOURCE / "examples" / "catalogs" / "tax.json"
SAMR = SOURCE / "examples" / "catalogs" / "samr.json"
POLICY = SOURCE / "examples" / "policy.json"


@pytest.fixture
def check(hufu):
    def run(*catalogs, policy=POLICY, options=()):
        return hufu("policy", "check", *catalogs, "--policy", policy, *options)

    return run


def changed(tmp_path, original, *replacements):
    text = original.read_text()
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / original.name
    path.write_text(text)
    return path


def place(path, words):
    """file:line:column of the first place where the words stand."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if words in line:
            return f"{path}:{number}:{len(line[:line.index(words)].encode()) + 1}: "
    raise AssertionError(words)


def test_the_examples_hold(check):
    ran = check(TAX, SAMR)
    assert ran.code == 0 and ran.err == ""
    assert ran.out.splitlines()[:2] == [f"{TAX}: tax, 4 operations", f"{SAMR}: samr, 2 operations"]
    assert json.loads(check(TAX, SAMR, options=["--json"]).out) == {"valid": True, "problems": [],
                                                                      "warnings": []}


def test_mistakes_of_all_documents_are_told_in_one_run(check, tmp_path):
    tax = changed(tmp_path, TAX, ('"trade_secret"', '"secret"'), ('"/items"', '"/itms"'))
    samr = changed(tmp_path, SAMR, ('"source": "samr"', '"source": "smr"'))
    policy = changed(tmp_path, POLICY, ('"do": "null"', '"do": "blur"'))
    ran = check(tax, samr, policy=policy)
    assert ran.code == 1 and ran.out == ""
    assert place(tax, '"secret"') + "/components/schemas/" in ran.err
    assert place(tax, '"/itms"') + "/paths/~1payment~1{uscc}.json/get/x-hufu/rows: " in ran.err
    assert place(samr, '"smr"') + "/info/x-hufu/source: " in ran.err
    assert place(policy, '"blur"') + "/rules/8/do: `do` must be keep" in ran.err


def test_a_treatment_that_does_not_fit_is_told_at_its_rule(check, tmp_path):
    policy = changed(tmp_path, POLICY, ('"field": "items[].voucher_no"}',
                                        '"field": "items[].paid_amount"}'))
    ran = check(TAX, policy=policy)
    line = place(policy, "{\"when\": {\"source\": \"tax\", \"dataset\": \"payment\", \"field\": "
                         "\"items[].paid_amount\"")
    assert ran.code == 1
    assert line + "/rules/7/do: `mask` does not fit `items[].paid_amount` of tax/payment" in ran.err


def test_a_misspelt_field_is_told(check, tmp_path):
    policy = changed(tmp_path, POLICY, ("items[].treasury_date", "items[].tresury_date"))
    ran = check(TAX, policy=policy)
    assert ran.code == 1 and "has a leaf `items[].tresury_date`" in ran.err


def test_json_tells_the_same(check, tmp_path):
    tax = changed(tmp_path, TAX, ('"trade_secret"', '"secret"'))
    ran = check(tax, options=["--json"])
    told = json.loads(ran.out)
    assert ran.code == 1 and told["valid"] is False
    [problem] = told["problems"]
    assert f"{problem['file']}:{problem['line']}:{problem['column']}: " == place(tax, '"secret"')
    assert problem["detail"].startswith("`class` must be")


def test_one_source_has_one_catalog(check):
    ran = check(TAX, TAX)
    assert ran.code == 1 and "another catalog here is of this source" in ran.err


def test_what_is_no_json_is_told_with_its_place(check, tmp_path):
    bad = tmp_path / "tax.json"
    bad.write_text('{"openapi": "3.0.0",\n  "info": {,}}')
    ran = check(bad)
    assert ran.code == 1 and f"{bad}:2:12: " in ran.err


def test_a_long_list_of_mistakes_is_cut_and_counted(check, tmp_path):
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps({"version": "1", "rules": [{"when": {}, "do": f"x{i}"}
                                                            for i in range(40)]}))
    ran = check(TAX, policy=policy)
    assert ran.code == 1 and "and 8 more; mend these first" in ran.err


def test_files_that_cannot_be_read(check, tmp_path):
    assert check(tmp_path / "none.json").code == 4
    assert check(TAX, policy=tmp_path / "none.json").code == 4


def test_wrong_usage(hufu):
    assert hufu("policy", "check", "--policy", POLICY).code == 2
    assert hufu("policy", "check", TAX).code == 2


def test_a_class_that_looks_wrong_is_a_warning_and_no_mistake(check, tmp_path):
    tax = changed(tmp_path, TAX, ('"class": "sensitive_personal"', '"class": "public"'))
    ran = check(tax)
    assert ran.code == 0 and "4 operations" in ran.out
    [line] = ran.err.splitlines()
    place, words = line.split(": warning: ")
    assert place.startswith(f"{tax}:") and "tax/payment items[].declared_by_id" in place
    assert words.startswith("a resident_id is rarely public: sensitive_personal is usual")
    told = json.loads(check(tax, options=["--json"]).out)
    assert told["valid"] is True and told["problems"] == []
    assert told["warnings"][0]["detail"] == words and told["warnings"][0]["file"] == str(tax)
