"""hufu policy diff: what a new policy or catalog changes, for whom.

Covers: cli/policy_diff.c cli/policy_change.c cli/policy_change_axes.c cli/policy_change_group.c
"""
import itertools
import json

import pytest
from conftest import SOURCE

EXAMPLES = SOURCE / "examples"
POLICY = EXAMPLES / "policy.json"
TAX = EXAMPLES / "catalogs" / "tax.json"
SAMR = EXAMPLES / "catalogs" / "samr.json"
BANK = "911100001000044477"
B = "91999999MA0000A00C"
AXES = ("consents", "banks", "purposes", "subject_kinds", "actions")


@pytest.fixture
def diff(hufu, tmp_path):
    """diff(old rules, new rules) -> what --json tells; rules may be a policy's path"""

    def path_of(name, rules):
        if not isinstance(rules, list):
            return rules
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps({"version": "1", "rules": rules}))
        return path

    def run(old, new, *options, catalogs=(TAX,)):
        ran = hufu("policy", "diff", path_of("old", old), path_of("new", new), "--json",
                   *itertools.chain(*(("--catalog", catalog) for catalog in catalogs)), *options)
        assert ran.code in (0, 1), ran
        told = json.loads(ran.out)
        assert told["same"] is (ran.code == 0) is (not (told["opens"] + told["closes"] + told["changes"]))
        return told

    return run


def of(told, field, kind="opens"):
    return [change for change in told[kind] if change["field"] == field]


def when(change):
    return {axis: change[axis] for axis in AXES if change[axis] is not None}


KEEP = {"when": {}, "do": "keep"}
AMOUNT = {"field": "items[].paid_amount"}


def test_the_same_policy_changes_nothing(diff, hufu):
    assert diff(POLICY, POLICY, catalogs=(TAX, SAMR)) == {
        "same": True, "opens": [], "closes": [], "changes": []}
    ran = hufu("policy", "diff", POLICY, POLICY, "--catalog", TAX)
    assert (ran.code, ran.out) == (0, "no field is treated otherwise\n")


def test_a_rule_written_otherwise_changes_nothing(diff):
    split = [{"when": {"purpose": p}, "do": "keep"} for p in ("pre_loan", "in_loan", "post_loan")]
    told = diff([KEEP], split)
    # Without a stated purpose no rule with one matches: that much a split rule does close.
    assert told["opens"] == told["changes"] == []
    assert {tuple(when(change)["consents"]) for change in told["closes"]} == {("unsaid",)}


def test_what_opens_stands_first_and_closing_is_the_mirror(hufu, diff):
    old, new = [{"when": AMOUNT, "do": "drop"}, KEEP], [KEEP]
    [change] = diff(old, new)["opens"]
    assert change["operation"] == "GET /tax/payment/{uscc}.json"
    assert (change["dataset"], change["field"]) == ("tax/payment", "items[].paid_amount")
    assert (change["old"], change["new"]) == ("drop", "keep")
    assert when(change) == {"consents": ["covered"]}
    [closed] = diff(new, old)["closes"]
    assert {**closed, "old": "drop", "new": "keep"} == change


def test_a_public_field_changes_for_everybody_in_one_line(diff):
    told = diff([], [{"when": {"class": "public"}, "do": "keep"}])
    [change] = [c for c in of(told, "ratings[].year") if "rating" in c["operation"]]
    assert when(change) == {}
    [change] = of(told, "taxpayer_name")[:1]
    assert when(change) == {"consents": ["covered", "not_covered"]} and change["old"] == "drop"


@pytest.mark.parametrize("old, new, kind", [
    ({"do": "mask", "keep_first": 1, "keep_last": 1}, {"do": "keep"}, "opens"),
    ({"do": "null"}, {"do": "mask", "keep_first": 1, "keep_last": 1}, "opens"),
    ({"do": "mask", "keep_first": 1, "keep_last": 1},
     {"do": "mask", "keep_first": 2, "keep_last": 1}, "opens"),
    ({"do": "mask", "keep_first": 1, "keep_last": 2},
     {"do": "mask", "keep_first": 2, "keep_last": 1}, "changes"),
    ({"do": "mask", "keep_first": 1, "keep_last": 2},
     {"do": "mask", "keep_first": 1, "keep_last": 0}, "closes"),
    ({"do": "null"}, {"do": "pseudonym"}, "opens"), ({"do": "keep"}, {"do": "pseudonym"}, "closes"),
    ({"do": "pseudonym"}, {"do": "mask", "keep_first": 0, "keep_last": 4}, "changes"),
    ({"do": "drop"}, {"do": "null"}, "changes")])
def test_more_to_see_opens_and_less_closes(diff, old, new, kind):
    where = {"when": {"field": "items[].voucher_no"}}
    told = diff([{**where, **old}], [{**where, **new}])
    assert [name for name in ("opens", "closes", "changes") if told[name]] == [kind]


@pytest.mark.parametrize("field, old, new", [
    ("items[].paid_amount", {"do": "round", "step": 1000}, {"do": "round", "step": "0.5"}),
    ("items[].paid_amount", {"do": "bucket", "edges": [1000]}, {"do": "bucket", "edges": [0, "1000.0", 5000]}),
    ("items[].paid_amount", {"do": "drop"}, {"do": "bucket", "edges": [1000]}),
    ("items[].paid_amount", {"do": "bucket", "edges": [1000]}, {"do": "keep"}),
    ("items[].treasury_date", {"do": "truncate_date", "to": "year"},
     {"do": "truncate_date", "to": "quarter"})])
def test_finer_opens(diff, field, old, new):
    where = {"when": {"field": field}}
    assert of(diff([{**where, **old}], [{**where, **new}]), field)
    assert of(diff([{**where, **new}], [{**where, **old}]), field, "closes")


@pytest.mark.parametrize("old, new", [([1000], [2000]), ([0, 1000], [0, 2000]), ([1, 2], [1, 3, 4])])
def test_other_edges_only_change(diff, old, new):
    where = {"when": {"field": "items[].paid_amount"}, "do": "bucket"}
    told = diff([{**where, "edges": old}], [{**where, "edges": new}])
    assert [name for name in ("opens", "closes", "changes") if told[name]] == ["changes"]
    [change] = told["changes"]
    assert change["old"] == "bucket " + ",".join(map(str, old))


# ---- for whom ----

def test_a_bank_is_told_from_all_others(diff):
    told = diff([KEEP], [{"when": {**AMOUNT, "bank": BANK}, "do": "drop"}, KEEP])
    [change] = told["closes"]
    assert when(change) == {"consents": ["covered"], "banks": [BANK]}
    told = diff([{"when": {"bank": BANK}, "do": "keep"}], [KEEP])
    assert {tuple(change["banks"]) for change in told["opens"]} == {("other",)}


def test_banks_of_either_side_are_asked(diff):
    told = diff([{"when": {**AMOUNT, "bank": BANK}, "do": "keep"}],
                [{"when": {**AMOUNT, "bank": B}, "do": "keep"}])
    assert [c["banks"] for c in told["opens"]] == [[B]]
    assert [c["banks"] for c in told["closes"]] == [[BANK]]


def test_purpose_kind_and_actions_are_named(diff):
    rule = {"when": {**AMOUNT, "purpose": "in_loan", "subject_kind": "legal", "action": "query"},
            "do": "keep"}
    [change] = diff([], [rule])["opens"]
    assert when(change) == {"consents": ["covered"], "purposes": ["in_loan"],
                            "subject_kinds": ["legal"], "actions": ["query"]}


def test_actions_are_sets(diff):
    rule = {"when": {**AMOUNT, "action": ["query", "use"]}, "do": "keep"}
    [change] = diff([], [rule])["opens"]
    assert change["actions"] == ["query", "use", "query,use"]


def test_what_is_no_product_is_told_in_parts_that_do_not_overlap(diff):
    new = [{"when": {**AMOUNT, "purpose": "pre_loan"}, "do": "keep"},
           {"when": {**AMOUNT, "bank": BANK, "purpose": "in_loan"}, "do": "keep"}]
    told = diff([], new)["opens"]
    points = [(bank, purpose) for change in told
              for bank in change["banks"] or [BANK, "other"] for purpose in change["purposes"]]
    assert sorted(points) == [(BANK, "in_loan"), (BANK, "pre_loan"), ("other", "pre_loan")]
    assert len(set(points)) == len(points)


def test_without_consent_is_told_apart(diff):
    where = {"when": {"field": "ratings[].level"}, "do": "keep"}
    [change] = diff([where], [{**where, "without_consent": "keep"}])["opens"]
    assert change["operation"] == "GET /tax/rating/{uscc}.json"
    # A sole trader's data is withheld whatever `without_consent` says.
    assert when(change) == {"consents": ["not_covered", "no_consent", "unsaid"],
                            "subject_kinds": ["legal", "person"]}


# ---- catalogs ----

@pytest.fixture
def catalog(tmp_path):
    """catalog(change) -> the path of tax.json changed by a function of its document"""

    def make(change):
        document = json.loads(TAX.read_text())
        change(document)
        path = tmp_path / "tax.json"
        path.write_text(json.dumps(document, ensure_ascii=False))
        return path

    return make


def operation(document, name):
    return document["paths"][f"/{name}/{{uscc}}.json"]["get"]


def test_a_field_that_gets_another_class_opens(diff, catalog):
    def change(document):
        for schema in document["components"]["schemas"].values():
            if "paid_amount" in schema.get("properties", {}):
                schema["properties"]["paid_amount"]["x-hufu"]["class"] = "public"
    told = diff(POLICY, POLICY, "--new-catalog", catalog(change))
    assert [when(c) for c in of(told, "items[].paid_amount")]
    assert not told["closes"]


def test_an_operation_that_becomes_public_is_no_longer_refused(diff, catalog):
    new = catalog(lambda document: operation(document, "payment")["x-hufu"].update(public=True))
    told = diff(POLICY, POLICY, "--new-catalog", new)
    assert {(c["old"], c["new"]) for c in told["opens"]} == {("refused", "keep")}
    assert {c["field"] for c in told["opens"]} == {"uscc", "taxpayer_name", "as_of"}


def test_an_operation_that_is_gone_closes_and_a_new_one_opens(diff, catalog):
    new = catalog(lambda document: document["paths"].pop("/rating/{uscc}.json"))
    told = diff(POLICY, POLICY, "--new-catalog", new)
    assert told["closes"] and all(c["new"] == "absent" for c in told["closes"])
    assert not told["opens"] and {c["dataset"] for c in told["closes"]} == {"tax/rating"}
    told = diff(POLICY, POLICY, "--new-catalog", TAX, catalogs=(new,))
    assert told["opens"] and all(c["old"] == "absent" for c in told["opens"])


def test_an_answer_that_need_not_be_the_subjects_and_a_day_that_judges_no_row_open(diff, catalog):
    def change(document):
        for schema in document["components"]["schemas"].values():
            properties = schema.get("properties", {})
            for name, mark in (("uscc", "subject_echo"), ("period_from", "date")):
                properties.get(name, {}).get("x-hufu", {}).pop(mark, None)
    told = diff(POLICY, POLICY, "--new-catalog", catalog(change))
    assert {(c["old"], c["new"]) for c in of(told, "uscc")} == {("subject", "not the subject")}
    assert {(c["old"], c["new"]) for c in of(told, "items[].period_from")} == {("dated", "not dated")}
    assert told["opens"] and not told["closes"] and not told["changes"]


def test_a_number_that_no_longer_names_its_person_opens(diff, tmp_path):
    """Another's number then is the subject's own, and leaves by the subject's consent."""

    def kin(name, note):
        field = {"type": "string", "x-hufu": {"class": "personal", **note}}
        content = {"application/json": {"schema": {"type": "object", "properties": {"kin": {
            "type": "array", "items": {"type": "object", "properties": {"id": field}}}}}}}
        asked = {"application/json": {"schema": {"type": "object", "required": ["id_no"],
                                                 "properties": {"id_no": {"type": "string"}}}}}
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps({
            "openapi": "3.0.3", "info": {"title": "t", "version": "1", "x-hufu": {"source": "social"}},
            "paths": {"/kin.json": {"post": {
                "x-hufu": {"dataset": "kin", "subject": {"in": "body", "name": "id_no"}},
                "requestBody": {"content": asked},
                "responses": {"200": {"description": "-", "content": content}}}}}}))
        return path

    named, bare = kin("named", {"identifier": "resident_id"}), kin("bare", {})
    told = diff([KEEP], [KEEP], "--new-catalog", bare, catalogs=(named,))
    assert {(c["old"], c["new"]) for c in of(told, "kin[].id")} == {("owner itself", "no owner")}
    told = diff([KEEP], [KEEP], "--new-catalog", named, catalogs=(bare,))
    assert ("no owner", "owner itself") in {(c["old"], c["new"]) for c in of(told, "kin[].id", "closes")}


def test_rows_that_are_no_longer_dated_and_lines_as_a_summary_open(diff, catalog):
    def change(document):
        operation(document, "invoice")["x-hufu"].update(detail="summary")
        operation(document, "rating")["x-hufu"].pop("rows")
        text = json.dumps(document["components"]).replace('"date": true', '"date": false')
        document["components"] = json.loads(text)
        for name in ("payment", "arrears", "invoice"):
            operation(document, name)["x-hufu"].pop("rows")
    told = diff(POLICY, POLICY, "--new-catalog", catalog(change))
    [detail] = of(told, "(detail)")
    assert (detail["old"], detail["new"], when(detail)) == ("records", "summary", {})
    assert {(c["old"], c["new"]) for c in of(told, "(rows)")} == {("dated", "not dated")}


# ---- the same decisions as the gateway's ----

def test_what_it_tells_is_what_explain_tells(hufu, diff, tmp_path):
    new = tmp_path / "new.json"
    rules = json.loads(POLICY.read_text())["rules"]
    rules.insert(0, {"when": {"dataset": "rating", "bank": BANK}, "do": "keep",
                     "without_consent": "keep"})
    new.write_text(json.dumps({"version": "2", "rules": rules}))
    told = diff(POLICY, new)

    def explained(policy):
        ran = hufu("policy", "explain", TAX, "--policy", policy, "--bank", BANK, "--subject",
                   "91350100M000100Y43", "--operation", "GET /rating/{uscc}.json", "--json")
        return {f["path"]: f["treatment"] for f in json.loads(ran.out)["fields"]}
    before, after = explained(POLICY), explained(new)
    expected = {(path, before[path], after[path]) for path in before if before[path] != after[path]}
    found = {(c["field"], c["old"], c["new"]) for kind in ("opens", "closes", "changes")
             for c in told[kind] if "unsaid" in (c["consents"] or ["unsaid"])
             and BANK in (c["banks"] or [BANK])}
    assert expected and found == expected


# ---- for people, and mistakes ----

def test_the_tables_say_when(hufu, tmp_path):
    new = tmp_path / "new.json"
    new.write_text(POLICY.read_text().replace('"keep_first": 4, "keep_last": 2', '"keep_first": 6, "keep_last": 2')
                   .replace('"purpose": "pre_loan"}, "do": "round", "step": 10', '"purpose": "pre_loan"}, "do": "drop"'))
    ran = hufu("policy", "diff", POLICY, new, "--catalog", TAX, "--catalog", SAMR)
    assert ran.code == 1 and ran.out.splitlines()[:4] == [
        "opens (1)",
        "  GET /tax/payment/{uscc}.json  items[].voucher_no  mask 4 2 -> mask 6 2  covered",
        "closes (3)",
        "  GET /samr/annual_report/{uscc}.json  reports[].total_assets  round 10 -> drop  covered; pre_loan"]


def test_documents_with_mistakes_are_neither_same_nor_different(hufu, tmp_path):
    bad = tmp_path / "bad.json"
    bad.write_text('{"version": "1", "rules": [{}]}')
    ran = hufu("policy", "diff", POLICY, bad, "--catalog", TAX)
    assert ran.code == 4 and ran.out == "" and f"{bad}:1:" in ran.err
    ran = hufu("policy", "diff", POLICY, POLICY, "--catalog", bad)
    assert ran.code == 4 and ran.out == ""
    assert hufu("policy", "diff", POLICY, tmp_path / "none", "--catalog", TAX).code == 4
    ran = hufu("policy", "diff", POLICY, POLICY, "--catalog", TAX, "--catalog", TAX)
    assert ran.code == 4 and "another catalog here is of this source" in ran.err


def test_wrong_usage_is_told(hufu):
    assert hufu("policy", "diff", POLICY, POLICY).code == 2
    assert hufu("policy", "diff", POLICY, "--catalog", TAX).code == 2
    ran = hufu("help", "policy", "diff")
    assert ran.code == 0 and "hufu policy diff policy.json new-policy.json" in ran.out
