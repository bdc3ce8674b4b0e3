"""hufu policy apply: the examples against an oracle, faults, refusals.

Covers: cli/policy_apply.c cli/policy_files.c cli/claims_file.c
"""
import base64
import hashlib
import hmac
import itertools
import json

import policy_oracle
import pytest
import redact_oracle
from conftest import SOURCE

EXAMPLES = SOURCE / "examples"
BANK = "911100001000044477"
A = "91350100M000100Y43"
B = "91999999MA0000A00C"
SOLE = "92999999MA0000B07L"
PAYMENT = "GET /payment/{uscc}.json"
SCOPE = {"type": "credit_data", "datatypes": ["tax/payment"], "actions": ["query", "analyse"],
         "classes": ["trade_secret"], "range": {"from": "2024-01-01", "to": "2025-12-31"}}


def claims(tmp_path, *scopes, **changed):
    """A file of claims of A's consent for BANK."""
    iss = changed.pop("iss", f"uscc:{A}")
    text = {"iss": iss, "sub": iss, "aud": "https://gw.example.test", "rcpt": f"uscc:{BANK}",
            "iat": 1767225600, "exp": 1767225600 + 80 * 86400, "purposes": ["pre_loan"],
            "authorization_details": list(scopes) or [SCOPE], "fetch": {"max_total": 10},
            "data_life_days": 30, "cnf": {"x5t#S256": "jNIolscN8ztzRBlhk9CHWqpZhuZeJ7wp-KZDvbOvpv4"},
            "notice": {"id": "n", "ver": "1", "lang": "zh-CN",
                       "sha256": "sZ2gp2Er6P22jSy3ZixnAcut2rAlmiW2pxe-f6CSwkU"}, **changed}
    path = tmp_path / f"claims-{len(list(tmp_path.iterdir()))}.json"
    path.write_text(json.dumps(text))
    return path


@pytest.fixture
def apply(hufu):
    """apply("tax", "GET /…", answer, options…) -> Ran"""

    def run(source, operation, answer, *options, policy=EXAMPLES / "policy.json"):
        return hufu("policy", "apply", EXAMPLES / "catalogs" / f"{source}.json", "--policy", policy,
                    "--operation", operation, "--bank", BANK, *options,
                    stdin=answer if isinstance(answer, bytes) else answer.read_bytes())

    return run


ASKED = ("--purpose", "pre_loan", "--actions", "query")


def answer_of(source, dataset, uscc):
    return EXAMPLES / "sources" / source / dataset / f"{uscc}.json"


def answers(*without):
    for path in sorted(EXAMPLES.glob("sources/*/*/*.json")):
        if path.stem not in without:
            yield pytest.param(path, id="/".join(path.parts[-3:]))


def judged(ran, path, scopes=(), **asked):
    """What left, beside what the oracle lets through."""
    source, dataset, uscc = path.parts[-3], path.parts[-2], path.stem
    access = {"bank": BANK, "subject_kind": "sole_trader" if uscc == SOLE else "legal",
              "agreement": policy_oracle.CLASSES, **asked,
              "scopes": [{"consent": 0, "grantor_kind": "legal", **scope} for scope in scopes]}
    view = policy_oracle.View(json.loads((EXAMPLES / "catalogs" / f"{source}.json").read_text()),
                              json.loads((EXAMPLES / "policy.json").read_text()),
                              f"GET /{dataset}/{{uscc}}.json", access)
    view.person_key = KEY
    try:
        expected = redact_oracle.redact(view, uscc, path.read_bytes()).decode()
    except redact_oracle.SomeoneElse:
        assert ran.code == 1 and ": subject: " in ran.err, ran
        return
    assert (ran.code, ran.out) == (0, expected), ran


@pytest.mark.parametrize("path", answers())
def test_without_consent_each_example_is_as_the_oracle_says(apply, path):
    source, dataset, uscc = path.parts[-3], path.parts[-2], path.stem
    ran = apply(source, f"GET /{dataset}/{{uscc}}.json", path, "--subject", uscc)
    judged(ran, path)


# A sole trader's data needs the consent of the person, too.
@pytest.mark.parametrize("path", answers(SOLE))
@pytest.mark.parametrize("purpose", ["pre_loan", "post_loan"])
def test_with_consent_each_example_is_as_the_oracle_says(apply, tmp_path, path, purpose):
    source, dataset, uscc = path.parts[-3], path.parts[-2], path.stem
    scope = {**SCOPE, "datatypes": [f"{source}/{dataset}"], "detail": "records"}
    loan = {"loan_ref": "sy3ecP5IWV3ewFNMieXXU01ucSJaT2GNY9NEI2CHI-Y"} if purpose != "pre_loan" else {}
    file = claims(tmp_path, scope, iss=f"uscc:{uscc}", purposes=[purpose], **loan)
    ran = apply(source, f"GET /{dataset}/{{uscc}}.json", path, "--consent-claims", file,
                "--purpose", purpose, "--actions", "query,analyse")
    judged(ran, path, purpose=purpose, actions=["query", "analyse"],
           scopes=[{**scope, "purposes": [purpose]}])


def test_two_scopes_are_as_the_oracle_says(apply, tmp_path):
    path = answer_of("tax", "payment", A)
    fields = {"fields": ["items[].paid_amount", "items[].item"]}
    narrow = {"range": {"from": "2025-01-01", "to": "2025-06-30"}}
    none = {"classes": []}
    for first, second in itertools.permutations([{}, fields, narrow, none, {**fields, **narrow}], 2):
        scopes = [{**SCOPE, **first}, {**SCOPE, **second}]
        ran = apply("tax", PAYMENT, path, "--consent-claims", claims(tmp_path, *scopes), *ASKED)
        judged(ran, path, purpose="pre_loan", actions=["query"],
               scopes=[{**scope, "purposes": ["pre_loan"]} for scope in scopes])


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64, 1000, 65536])
def test_the_output_is_the_same_for_every_chunk(apply, tmp_path, chunk):
    options = ("--consent-claims", claims(tmp_path), *ASKED)
    path = answer_of("tax", "payment", A)
    whole = apply("tax", PAYMENT, path, *options)
    cut = apply("tax", PAYMENT, path, *options, "--chunk", chunk)
    assert (cut.code, cut.out) == (0, whole.out)


# ---- persons ----

KEY = bytes(range(32))
NUMBERS = ["11010519491231002X", "440524188001010014", "810000199408230021"]
INSURED = ("social", "GET /insured/{uscc}.json", answer_of("social", "insured", A))


def name_of(number):
    """As consent-token.md has it."""
    tag = hmac.new(KEY, b"id:" + number.encode(), hashlib.sha256).digest()
    return "person:" + base64.urlsafe_b64encode(tag).rstrip(b"=").decode()


@pytest.fixture
def persons(tmp_path):
    """persons(classes of each) -> options and scopes of the enterprise and of those persons"""
    (tmp_path / "place/keys").mkdir(parents=True)
    key = tmp_path / "place/keys/pseudonym.key"
    key.write_text(base64.urlsafe_b64encode(KEY).rstrip(b"=").decode() + "\n")
    key.chmod(0o600)

    def of(*classes, **more):
        scope = {**SCOPE, "datatypes": ["social/insured"]}
        del scope["range"]
        scopes = [scope] + [{**scope, "classes": each, "person": number, **more}
                            for number, each in zip(NUMBERS, classes) if each]
        options = ["--deployment", tmp_path / "place", *ASKED]
        for one in scopes:
            iss = name_of(one["person"]) if "person" in one else f"uscc:{A}"
            named = {name: value for name, value in one.items() if name != "person"}
            options += ["--consent-claims", claims(tmp_path, named, iss=iss)]
        return options, [{"consent": n, "grantor_kind": "person" if "person" in one else "legal",
                          "grantor": "person" in one and name_of(one["person"]), "purposes": ["pre_loan"], **one}
                         for n, one in enumerate(scopes)]

    return of


BOTH = ["personal", "sensitive_personal"]


@pytest.mark.parametrize("classes", itertools.product([[], BOTH[:1], BOTH[1:], BOTH], repeat=3))
def test_of_persons_there_leaves_what_the_oracle_says(apply, persons, classes):
    options, scopes = persons(*classes)
    judged(apply(*INSURED, *options), INSURED[2], purpose="pre_loan", actions=["query"], scopes=scopes)


def test_a_persons_scope_may_name_fields(apply, persons):
    options, scopes = persons(BOTH, BOTH, fields=["persons[].base", "persons[].kin[].id_no"])
    judged(apply(*INSURED, *options), INSURED[2], purpose="pre_loan", actions=["query"], scopes=scopes)


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64, 1000])
def test_persons_are_the_same_for_every_chunk(apply, persons, chunk):
    options, _ = persons(BOTH, BOTH[:1])
    whole, cut = apply(*INSURED, *options), apply(*INSURED, *options, "--chunk", chunk)
    assert (cut.code, cut.out) == (0, whole.out) and "李某" in whole.out and "王某" not in whole.out


def test_whose_it_is_cannot_be_told_without_the_deployments_key(apply, persons):
    options, _ = persons(BOTH)
    ran = apply(*INSURED, *options[2:])
    assert ran.code == 2 and ran.out == "" and "--deployment is missing" in ran.err
    ran = apply(*INSURED, "--deployment", "/none", *options[2:])
    assert ran.code == 4 and ran.out == ""
    ran = apply(*INSURED, *persons()[0][2:])  # the enterprise alone: nobody is asked for
    assert ran.code == 0 and "张某" not in ran.out


def test_nothing_that_must_stay_leaves(apply, tmp_path):
    options = ("--consent-claims", claims(tmp_path), *ASKED)
    out = apply("tax", PAYMENT, answer_of("tax", "payment", A), *options).out
    for word in ("11010519491231002X", "１１０１０５", "13800138000", "declared_by", "watch", "risk_model",
                 "late_days", "2019-", "9999-9-9", "3243916.02", "6222020000000000000"):
        assert word not in out


def test_of_another_enterprises_document_nothing_leaves(apply):
    uscc = "91999999MA0000A274"
    ran = apply("tax", PAYMENT, answer_of("tax", "payment", uscc), "--subject", uscc)
    assert ran.code == 1 and ran.out == "{" and ": subject: " in ran.err


@pytest.mark.parametrize("answer, prefix, byte, rule", [
    (b'{"uscc":"91350100M000100Y43",', '{"uscc":"91350100M000100Y43"', 29, "truncated"),
    (b"", "", 0, "truncated"), (b"{} {}", "{}", 3, "trailing"), (b"{'a':1}", "{", 1, "name"),
    (b'{"items":[],"items":[]}', '{"items":[]', 12, "duplicate_member")])
def test_a_fault_leaves_a_clean_prefix_and_names_byte_and_rule(apply, answer, prefix, byte, rule):
    ran = apply("tax", PAYMENT, answer, "--subject", A)
    assert (ran.code, ran.out) == (1, prefix)
    assert ran.err.startswith(f"byte {byte}: standard input: {rule}: ")


@pytest.mark.parametrize("change, code", [
    ({"rcpt": f"uscc:{B}"}, "recipient_mismatch"),
    ({"iss": f"uscc:{B}"}, "subject_mismatch"),
    ({"purposes": ["post_loan"], "loan_ref": "sy3ecP5IWV3ewFNMieXXU01ucSJaT2GNY9NEI2CHI-Y"},
     "purpose_denied")])
def test_a_consent_that_does_not_hold_is_refused_by_code(apply, tmp_path, change, code):
    ran = apply("tax", PAYMENT, answer_of("tax", "payment", A), "--subject", A,
                "--consent-claims", claims(tmp_path, **change), *ASKED)
    assert ran.code == 1 and ran.out == "" and code in ran.err


@pytest.mark.parametrize("change, code", [
    ({"datatypes": ["tax/arrears"]}, "scope_denied"), ({"actions": ["use"]}, "action_denied")])
def test_a_scope_that_does_not_cover_is_refused_by_code(apply, tmp_path, change, code):
    file = claims(tmp_path, {**SCOPE, **change})
    ran = apply("tax", PAYMENT, answer_of("tax", "payment", A), "--consent-claims", file, *ASKED)
    assert ran.code == 1 and ran.out == "" and code in ran.err


def test_a_malformed_claim_is_named(apply, tmp_path):
    file = claims(tmp_path, {**SCOPE, "classes": ["secret"]})
    ran = apply("tax", PAYMENT, b"{}", "--consent-claims", file, *ASKED)
    assert ran.code == 1 and "authorization_details[0].classes" in ran.err


@pytest.mark.parametrize("options, words", [
    ((), "--subject is missing"), (("--subject", "nobody"), "--subject"),
    (("--subject", A, "--purpose", "loan"), "--purpose"),
    (("--subject", A, "--actions", "query,"), "--actions"),
    (("--subject", A, "--actions", "read"), "--actions"),
    (("--subject", A, "--chunk", "0"), "--chunk"), (("--subject", A, "--chunk", "x"), "--chunk")])
def test_wrong_usage_is_told(apply, options, words):
    ran = apply("tax", PAYMENT, b"{}", *options)
    assert ran.code == 2 and ran.out == "" and words in ran.err


def test_consents_need_a_purpose(apply, tmp_path):
    ran = apply("tax", PAYMENT, b"{}", "--consent-claims", claims(tmp_path), "--actions", "query")
    assert ran.code == 2 and "--purpose is missing" in ran.err


def test_an_unknown_operation_is_wrong_usage(apply):
    ran = apply("tax", "GET /payments", b"{}", "--subject", A)
    assert ran.code == 2 and "names no operation" in ran.err


def test_documents_that_do_not_hold_or_are_not_there(apply, tmp_path):
    bad = tmp_path / "policy.json"
    bad.write_text('{"version":"1","rules":[{"when":{},"do":"blur"}]}')
    ran = apply("tax", PAYMENT, b"{}", "--subject", A, policy=bad)
    assert ran.code == 1 and "policy.json:1:" in ran.err and "`do` must be keep" in ran.err
    assert apply("tax", PAYMENT, b"{}", "--subject", A, policy=tmp_path / "none").code == 4
    ran = apply("tax", PAYMENT, b"{}", "--consent-claims", tmp_path / "none", *ASKED)
    assert ran.code == 4


def test_what_a_person_is_asked_about_echoes_nothing(apply):
    ran = apply("samr", "GET /registration/{uscc}.json", answer_of("samr", "registration", A),
                "--subject", "person:" + "A" * 43)
    assert ran.code == 0 and A not in ran.out
