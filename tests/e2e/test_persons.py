"""Natural persons: how they are named, how a request names them, and what nobody learns of them.

Covers: cli/person.c
"""
import base64
import hashlib
import hmac
import json
import os

import pytest

from support import tokens
from support.deployment import A, charged
from support.tokens import name_of, payload_of

ID, OTHER_ID = "11010519491231002X", "440524188001010014"
SOLE = "92999999MA0000B07L"
PATH = "/tax/person/query"
JSON = [("content-type", "application/json")]


def text(title, **note):
    return {"type": "string", "title": title, "x-hufu": {"level": 1, **note}}


OPERATION = {"post": {
    "summary": "A person's insurance",
    "x-hufu": {"dataset": "person", "subject": {"in": "body", "name": "id_no"}},
    "requestBody": {"required": True, "content": {"application/json": {"schema": {
        "type": "object", "required": ["id_no"], "properties": {
            "id_no": {"type": "string"}, "year": {"type": "integer"}}}}}},
    "responses": {"200": {"description": "Found", "content": {"application/json": {"schema": {
        "type": "object", "properties": {
            "scheme": text("Scheme", **{"class": "public"}),
            "contract": text("Contract", **{"class": "trade_secret"})}}}}}}}}
KEEP = {"version": "1", "rules": [{"when": {"class": ["public", "trade_secret"]}, "do": "keep"}]}


def answer(request, out):
    """Of a person by POST, of an enterprise by its path."""
    out.document({"scheme": "pension", "contract": "C-1"} if request.method == "POST" else
                 {"uscc": request.path.rpartition("/")[2].removesuffix(".json"), "items": [ROW]})


def name_of_number(folder, number):
    """As the page on tokens says it, by other software."""
    key = base64.urlsafe_b64decode((folder / "keys/pseudonym.key").read_text().strip() + "=")
    tag = hmac.new(key, b"id:" + number.upper().encode(), hashlib.sha256).digest()
    return "person:" + tokens.b64url(tag)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A gateway whose tax department answers about persons, two of whom are on file."""
    from support.deployment import Deployment
    with Deployment(tmp_path_factory.mktemp("persons")) as deployment:
        deployment.edit("catalogs/tax.json",
                        lambda catalog: catalog["paths"].update({"/person/query": OPERATION}))
        (deployment.dir / "policy.json").write_text(json.dumps(KEEP))
        for path in (deployment.dir / "agreements").glob("*.tax.json"):
            deployment.edit(f"agreements/{path.name}", lambda agreement: agreement.update(
                datasets=["person", "payment"], classes=["public", "trade_secret", "personal"]))
        deployment.person = deployment.add_grantor(name_of_number(deployment.dir, ID))
        deployment.other = deployment.add_grantor(name_of_number(deployment.dir, OTHER_ID))
        deployment.sole = deployment.add_grantor("uscc:" + SOLE)
        deployment.tax = deployment.fake("tax")
        deployment.tax.answer = answer
        deployment.start()
        yield deployment


def consent(place, grantor=None, dataset="tax/person", bank="a", **changes):
    scope = {name: changes.pop(name) for name in ("classes", "actions", "range") if name in changes}
    return place.token(bank, grantor or place.person, [tokens.scope(dataset, **scope)], **changes)


def query(place, consents, number=ID, bank="a", **how):
    return place.ask(PATH, bank, consent=consents, fields=JSON, body=json.dumps({"id_no": number, **how}))


# ---- names ----

@pytest.fixture
def folder(place, tmp_path):
    (tmp_path / "keys").mkdir()
    (tmp_path / "grantors").mkdir()
    key = tmp_path / "keys" / "pseudonym.key"
    key.write_text((place.dir / "keys/pseudonym.key").read_text())
    key.chmod(0o600)
    return tmp_path


def enrol(hufu, folder, number, *more):
    return hufu("grantor", "add", folder, "--person", *more, stdin=number.encode())


@pytest.mark.parametrize("number", [ID, ID + "\n", ID.lower(), ID.lower() + "\r\n"])
def test_a_number_becomes_the_name_that_other_software_computes(hufu, folder, number):
    ran = enrol(hufu, folder, number)
    assert ran.code == 0 and ran.out == name_of_number(folder, ID) + "\n" and ran.err == ""
    assert os.listdir(folder / "grantors") == []  # without a key nothing is put on file


def test_a_key_is_put_on_file_under_the_name_and_the_number_nowhere(hufu, folder):
    key = tokens.Grantor("person:x")
    (folder / "key.jwk").write_text(json.dumps(key.jwk))
    ran = enrol(hufu, folder, ID, "--jwk", folder / "key.jwk", "--not-before", 5)
    name = name_of_number(folder, ID)
    assert ran.code == 0 and ran.out.splitlines() == [name, key.kid]
    (path,) = (folder / "grantors").iterdir()
    assert path.name == name.replace(":", "_") + ".jwks"
    assert json.loads(path.read_text()) == {"iss": name, "keys": [
        {**key.jwk, "kid": key.kid, "not_before": 5}]}
    for at in folder.rglob("*"):
        assert at.is_dir() or ID.encode() not in at.read_bytes()


@pytest.mark.parametrize("number", ["110105194912310021", "11010519491331002X", "", "x" * 18, ID * 2,
                                    ID + "\n" + ID, " " + ID, ID[:-1], "110105491231002", "9" * 100000])
def test_what_is_no_number_is_refused_and_not_repeated(hufu, folder, number):
    ran = enrol(hufu, folder, number)
    assert ran.code == 4 and ran.out == "" and "GB 11643" in ran.err
    assert len(number) < 15 or number.strip() not in ran.err
    assert os.listdir(folder / "grantors") == []


def test_wrong_usage_of_persons(hufu, folder):
    assert enrol(hufu, folder, ID, "--iss", A).code == 2
    assert enrol(hufu, folder, ID, "--jwk", "-").code == 2
    assert hufu("grantor", "add", folder).code == 2
    assert hufu("grantor", "add", folder, "--iss", A).code == 2


def test_a_pseudonym_key_that_others_may_read_names_nobody(hufu, folder):
    (folder / "keys/pseudonym.key").chmod(0o644)
    ran = enrol(hufu, folder, ID)
    assert ran.code == 4 and "pseudonym.key" in ran.err and ran.out == ""


# ---- a person as subject ----

def test_a_person_is_a_member_of_the_body(place):
    answer = query(place, consent(place), year=2024)
    assert answer.status == 200 and answer.json == {"scheme": "pension", "contract": "C-1"}
    request = place.tax.requests[-1]
    assert request.method == "POST" and json.loads(request.body) == {"id_no": ID, "year": 2024}


def test_both_spellings_are_one_person(place):
    assert query(place, consent(place), ID.lower()).status == 200
    assert json.loads(place.tax.requests[-1].body)["id_no"] == ID


@pytest.mark.parametrize("path", [f"{PATH}/{ID}", f"{PATH}?id_no={ID}", f"/tax/payment/{ID}.json"])
def test_a_number_in_path_or_query_is_refused_and_not_logged(place, path):
    answer = place.ask(path, fields=JSON, body='{"id_no":"%s"}' % ID, consent=consent(place))
    assert answer.status == 400 and ID not in answer.body.decode()
    assert ID not in json.dumps(place.record(answer.index))


def test_no_record_holds_the_number_or_a_digest_of_it(place):
    answer = query(place, consent(place))
    record = place.record(answer.index)
    text_ = json.dumps(record)
    body = place.tax.requests[-1].body
    assert ID not in text_ and place.person.iss in text_
    assert tokens.b64url(hashlib.sha256(body).digest()) not in text_
    named = body.replace(ID.encode(), place.person.iss.encode())
    assert tokens.b64url(hashlib.sha256(named).digest()) in text_


# ---- whose word is needed ----

def test_r25_another_persons_word_is_not_enough(place):
    assert query(place, consent(place)).status == 200
    answer = query(place, consent(place), OTHER_ID)
    assert (answer.status, answer.code) == (403, "person_consent_required")


def test_r25_an_enterprise_speaks_for_no_person(place):
    token = place.token(scopes=[tokens.scope("tax/person")])
    assert query(place, token).code == "subject_mismatch"
    assert query(place, [token, consent(place)]).code == "subject_mismatch"


def test_up_to_seven_persons_beside_the_subject_hold_together(place):
    others = [consent(place, place.other) for _ in range(7)]
    answer = query(place, [consent(place), *others])
    assert answer.status == 200, answer
    assert len(place.record(answer.index)["detail"]["consents"]) == 8
    assert query(place, [consent(place), *others, consent(place, place.other)]).code == "request_malformed"


@pytest.mark.parametrize("changes, code", [
    ({"purposes": ["post_loan"], "loan_ref": "A" * 43}, "purpose_denied"),
    ({"cnf": {"x5t#S256": "A" * 43}}, "binding_mismatch"),
    ({"actions": ["use"]}, "action_denied"), ({"dataset": "tax/payment"}, "scope_denied")])
def test_every_consent_that_is_presented_must_hold(place, changes, code):
    good, bad = consent(place), consent(place, place.other, **changes)
    assert query(place, [good, consent(place, place.other)]).status == 200
    assert query(place, [good, bad]).code == code
    assert query(place, [bad, good]).code == code


def test_a_person_may_stand_beside_an_enterprise(place):
    token = consent(place, dataset="tax/payment")
    answer = place.ask(f"/tax/payment/{A}.json", consent=[place.token(), token])
    assert answer.status == 200, answer
    assert answer.fields["access-policy"]


# ---- what nobody learns ----

def test_unknown_person_no_consent_and_another_banks_consent_answer_alike(place):
    """But for the index of the record, byte for byte, whoever is meant."""
    registered = consent(place, bank="b")
    assert place.register(registered, "b").status == 201
    unknown = name_of_number(place.dir, "810000199408230021")
    names = [name_of(registered),                                     # another bank's
             f"{place.person.iss};{tokens.new_jti()}",                # a known person without consent
             f"{unknown};{payload_of(registered)['jti']}"]            # nobody
    seen = set()
    for name in names:
        for number in (ID, OTHER_ID, "810000199408230021"):
            answer = query(place, name, number)
            problem = answer.problem
            record = problem.pop("access_log")
            assert record == answer.fields.pop("access-log")
            size = int(answer.fields.pop("content-length")) - len(record)
            answer.fields["content-length"] = str(size)  # of all but the index
            answer.fields.pop("date", None)
            seen.add((answer.status, json.dumps(problem), json.dumps(answer.fields)))
    assert len(seen) == 1 and '"consent_missing"' in seen.pop()[1]


def test_a_number_alone_tells_nothing(place):
    """Without a consent that holds, a known and an unknown number are refused alike."""
    for presented in ([], [consent(place, place.other)]):
        answers = [query(place, presented, number) for number in (ID, "810000199408230021")]
        assert len({(answer.status, answer.code, answer.problem.get("attribute"))
                    for answer in answers}) == 1, answers


# ---- sole traders ----

ROW = {"item": "VAT", "period_from": "2024-01-01", "period_to": "2024-01-31", "paid_amount": 7}


def trader(place, **changes):
    act = {"role": "legal_rep", "sub": place.person.iss}
    return consent(place, place.sole, "tax/payment", **{"act": act, **changes})


def operator(place, grantor=None, **changes):
    return consent(place, grantor, "tax/payment", **{"classes": ["personal"], **changes})


def at_the_shop(place, *consents):
    return place.ask(f"/tax/payment/{SOLE}.json", consent=list(consents))


def test_a_sole_trader_needs_the_operators_own_word(place):
    assert at_the_shop(place, trader(place), operator(place)).status == 200
    assert at_the_shop(place, trader(place)).code == "person_consent_required"
    assert at_the_shop(place, trader(place, act=tokens.DROP), operator(place)).code == "person_consent_required"
    assert at_the_shop(place, trader(place), operator(place, place.other)).code == "person_consent_required"
    agent = {"role": "agent", "sub": place.person.iss, "poa": "A" * 43, "poa_exp": 4000000000}
    assert at_the_shop(place, trader(place, act=agent), operator(place)).code == "person_consent_required"


def test_a_sole_traders_secrets_leave_by_both_words(place):
    """Whoever else agrees, and whatever else the operator grants, opens nothing."""
    both = at_the_shop(place, trader(place), operator(place))
    assert both.json["items"][0]["paid_amount"] == 7
    assert len(charged(place.record(both.index))) == 2
    for consents in ([trader(place), operator(place, classes=[])],
                     [trader(place), operator(place, classes=["trade_secret"])],
                     [trader(place, classes=[]), operator(place)],
                     [trader(place), operator(place, classes=[]), operator(place, place.other)]):
        answer = at_the_shop(place, *consents)
        assert answer.status == 403 or b"paid_amount" not in answer.body, answer


def test_the_operators_days_bound_the_trade_too(place):
    year = {"from": "2025-01-01", "to": "2025-12-31"}
    answer = at_the_shop(place, trader(place), operator(place, range=year))
    assert answer.status == 403 or b"paid_amount" not in answer.body, answer


def test_a_person_alone_opens_no_sole_trader(place):
    assert at_the_shop(place, operator(place)).code == "subject_mismatch"
