"""hufu policy test: an operator's own cases, told apart and updated.

Covers: cli/policy_test.c cli/policy_case.c
"""
import json
import shutil

import pytest
from conftest import SOURCE

EXAMPLES = SOURCE / "examples"
CASES = EXAMPLES / "cases"
ONE = "payment-narrow-consent"


@pytest.fixture
def folder(tmp_path):
    """A copy of the examples whose cases may be changed."""
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    return tmp_path / "examples" / "cases"


@pytest.fixture
def one(folder):
    """The same with one case only; one(member=…) changes it, None removes."""
    for path in folder.glob("*.case.json"):
        if path.name != f"{ONE}.case.json":
            path.unlink()

    def change(**members):
        path = folder / f"{ONE}.case.json"
        case = {**json.loads(path.read_text()), **members}
        path.write_text(json.dumps({k: v for k, v in case.items() if v is not None}, indent=1))
        return path

    change.folder = folder
    change.expected = folder / f"{ONE}.out.json"
    return change


def test_the_examples_pass(hufu):
    ran = hufu("policy", "test", CASES)
    n = len(list(CASES.glob("*.case.json")))
    assert ran.code == 0 and ran.err == "" and ran.out.splitlines()[-1] == f"{n} passed, 0 failed"
    assert n >= 8 and ran.out.count("ok    ") == n


def test_the_examples_hold_refusals_and_faults(hufu):
    cases = [json.loads(path.read_text()) for path in CASES.glob("*.case.json")]
    assert {case.get("refusal") for case in cases} >= {"consent_missing", "purpose_denied"}
    assert {case.get("fault") for case in cases} >= {"subject"}


def test_a_difference_is_told_by_its_path(hufu, one):
    expected = json.loads(one.expected.read_text())
    expected["items"][1]["item"] = "契税"
    expected["items"][0]["kind"] = "normal"
    del expected["as_of"]
    one.expected.write_text(json.dumps(expected))
    ran = hufu("policy", "test", one.folder)
    assert ran.code == 1 and ran.out.splitlines() == [
        f"FAIL  {ONE}",
        '      items[0].kind: expected "normal", got nothing',
        '      items[1].item: expected "契税", got "印花税"',
        '      items[1].paid_amount: expected 1205.0, got 1.2050e3',
        '      as_of: expected nothing, got "2025-10-31"',
        "0 passed, 1 failed"]


def test_json_tells_the_same(hufu, one):
    one.expected.write_text(one.expected.read_text().replace("1.2050e3", "1205"))
    ran = hufu("policy", "test", one.folder, "--json")
    assert ran.code == 1 and json.loads(ran.out) == {
        "passed": 0, "failed": 1, "written": 0, "cases": [
            {"name": ONE, "passed": False, "ran": True, "n_differences": 1, "differences": [
                {"path": "items[1].paid_amount", "expected": 1205, "actual": 1205.0}]}]}
    assert '"actual":1.2050e3' in ran.out


def test_many_differences_are_cut_and_counted(hufu, one):
    one.expected.write_text(json.dumps({f"m{i}": i for i in range(40)}))
    ran = hufu("policy", "test", one.folder)
    assert ran.code == 1 and ran.out.count(": expected ") == 20 and "and 24 more" in ran.out


def test_the_order_of_members_and_white_space_do_not_count(hufu, one):
    text = one.expected.read_text().replace("99871.46", "$").replace("1.2050e3", "@")
    text = json.dumps(json.loads(text.replace("$", '"$"').replace("@", '"@"')), sort_keys=True)
    one.expected.write_text(text.replace('"$"', "99871.46").replace('"@"', "1.2050e3"))
    assert hufu("policy", "test", one.folder).code == 0


def test_update_writes_what_leaves_and_nothing_else(hufu, one):
    before = one.expected.read_text()
    one.expected.write_text("{}")
    ran = hufu("policy", "test", one.folder, "--update")
    assert ran.code == 0 and ran.out.splitlines()[-1] == "1 passed, 0 failed, 1 written"
    assert one.expected.read_text() == before
    ran = hufu("policy", "test", one.folder, "--update")
    assert ran.out.splitlines()[-1] == "1 passed, 0 failed, 0 written"


def test_update_makes_what_is_missing(hufu, one):
    before = one.expected.read_text()
    one.expected.unlink()
    assert hufu("policy", "test", one.folder).code == 1
    assert not one.expected.exists()
    assert hufu("policy", "test", one.folder, "--update").code == 0
    assert one.expected.read_text() == before


def test_update_does_not_turn_a_refusal_into_a_success(hufu, one):
    one(refusal="scope_denied")
    before = one.expected.read_text()
    ran = hufu("policy", "test", one.folder, "--update")
    assert ran.code == 1 and '(refusal): expected "scope_denied", got nothing' in ran.out
    assert one.expected.read_text() == before


def test_an_unexpected_refusal_fails(hufu, one):
    one(purpose="post_loan")
    ran = hufu("policy", "test", one.folder)
    assert ran.code == 1 and '(refusal): expected nothing, got "purpose_denied"' in ran.out


def test_an_unexpected_fault_fails_and_names_its_rule(hufu, one):
    one(input="../sources/tax/payment/91999999MA0000A274.json")
    ran = hufu("policy", "test", one.folder, "--update")
    assert ran.code == 1 and '(fault): expected nothing, got "subject"' in ran.out


def test_the_clean_prefix_of_a_fault_is_compared(hufu, one):
    one(input="../sources/tax/payment/91999999MA0000A274.json", fault="subject")
    one.expected.write_text('{"uscc"\n')
    ran = hufu("policy", "test", one.folder)
    assert ran.code == 1 and '(prefix): expected "{\\"uscc\\"", got "{"' in ran.out
    one.expected.write_text("{\n")
    assert hufu("policy", "test", one.folder).code == 0


def test_another_policy_may_stand_in_for_theirs(hufu, one, tmp_path):
    policy = tmp_path / "policy.json"
    policy.write_text('{"version": "1", "rules": [{"when": {}, "do": "keep"}]}')
    ran = hufu("policy", "test", one.folder, "--policy", policy)
    assert ran.code == 0
    policy.write_text('{"version": "1", "rules": [{"when": {"class": "public"}, "do": "keep"}]}')
    ran = hufu("policy", "test", one.folder, "--policy", policy)
    assert ran.code == 1 and "items[0].paid_amount: expected 99871.46, got nothing" in ran.out


# ---- mistakes of a case ----

@pytest.mark.parametrize("members, words", [
    ({"purpos": "pre_loan"}, "does not know"), ({"operation": None}, "operation: "),
    ({"catalog": None}, "catalog: "), ({"bank": "911"}, "bank: is not a Unified Social"),
    ({"operation": "GET /x"}, "operation: names no operation"), ({"actions": "query"}, "actions: "),
    ({"actions": ["read"]}, "actions: must be of"), ({"purpose": "loan"}, "purpose: must be"),
    ({"refusal": "no"}, "refusal: must be a code"), ({"at": 0}, "at: "),
    ({"refusal": "scope_denied", "fault": "subject"}, "fault: cannot stand beside"),
    ({"subject": "x"}, "subject: must be"), ({"consents": [1]}, "consents")])
def test_a_mistake_is_told_at_its_place_and_fails(hufu, one, members, words):
    path = one(**members)
    ran = hufu("policy", "test", one.folder)
    assert ran.code == 1 and f"FAIL  {ONE}: could not be run" in ran.out
    place = ran.err.splitlines()[0]
    assert place.startswith(f"{path}:") and words in place, ran
    assert int(place[len(f"{path}:"):].split(":")[0]) >= 1


@pytest.mark.parametrize("members, words", [
    ({"catalog": "none.json"}, "none.json: "), ({"policy": "none.json"}, "none.json: "),
    ({"input": "none.json"}, "none.json: "), ({"consents": ["none.json"]}, "none.json: "),
    ({"agreement": "none.json"}, "none.json: ")])
def test_a_missing_file_fails_its_case(hufu, one, members, words):
    one(**members)
    ran = hufu("policy", "test", one.folder, "--json")
    assert ran.code == 1 and words in ran.err and json.loads(ran.out)["cases"][0]["ran"] is False


def test_a_broken_case_does_not_hide_the_others(hufu, folder):
    (folder / "broken.case.json").write_text("{")
    ran = hufu("policy", "test", folder)
    n = len(list(CASES.glob("*.case.json")))
    assert ran.code == 1 and f"{n} passed, 1 failed" in ran.out and "broken.case.json:1:2: " in ran.err


def test_an_expectation_that_is_no_json_is_told(hufu, one):
    one.expected.write_text('{"uscc":\n?}')
    ran = hufu("policy", "test", one.folder)
    assert ran.code == 1 and f"{one.expected}:2:1: " in ran.err


def test_a_folder_without_cases_is_no_success(hufu, tmp_path):
    ran = hufu("policy", "test", tmp_path)
    assert ran.code == 4 and "holds no *.case.json" in ran.err
    assert hufu("policy", "test", tmp_path / "none").code == 4
    assert hufu("policy", "test").code == 2


def test_help_shows_whole_commands(hufu):
    ran = hufu("help", "policy", "test")
    assert ran.code == 0 and "hufu policy test examples/cases --update" in ran.out
