"""Personal data: whose word opens what, and what stays whatever policy and consent say."""

import base64
import hashlib
import hmac
import json

import pytest

from support.deployment import A, PAYMENT, charged, wait_for
from support.tokens import scope

SOLE = "92999999MA0000B07L"
MARK = "M4RK"
EVERYTHING = {"version": "1", "rules": [
    {"when": {"class": ["public", "trade_secret", "personal", "sensitive_personal"]}, "do": "keep",
     "without_consent": "keep"}]}


NUMBERS = ["11010519491231002X", "440524188001010014"]
STRANGER = "810000199408230021"


def name_of(deployment, number):
    key = base64.urlsafe_b64decode((deployment.dir / "keys/pseudonym.key").read_text().strip() + "=")
    tag = hmac.new(key, b"id:" + number.encode(), hashlib.sha256).digest()
    return "person:" + base64.urlsafe_b64encode(tag).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def generous(tmp_path_factory):
    """A policy that keeps everything, and agreements that allow all classes."""
    from support.deployment import Deployment
    with Deployment(tmp_path_factory.mktemp("generous")) as deployment:
        (deployment.dir / "policy.json").write_text(json.dumps(EVERYTHING))
        for path in (deployment.dir / "agreements").iterdir():
            deployment.edit(f"agreements/{path.name}", lambda agreement: agreement.update(
                classes=["public", "trade_secret", "personal", "sensitive_personal"]))
        deployment.sole = deployment.add_grantor("uscc:" + SOLE)
        deployment.persons = [deployment.add_grantor(name_of(deployment, number)) for number in NUMBERS]
        deployment.tax = deployment.fake("tax")
        deployment.serve("samr")
        deployment.start()
        yield deployment


def payment(subject=A, **members):
    item = {"item": "VAT", "kind": "normal", "period_from": "2024-01-01", "period_to": "2024-01-31",
            "paid_amount": 1, **members}
    return {"uscc": subject, "items": [item]}


def released(gateway, document, path=PAYMENT, **how):
    gateway.tax.answer = lambda request, out: out.document(document)
    answer = gateway.ask(path, **how)
    assert answer.status == 200, answer
    return answer.json["items"][0]


def test_the_control_a_trade_secret_passes(generous):
    item = released(generous, payment(voucher_no="335018000000004521"), consent=generous.token())
    assert item["voucher_no"] == "335018000000004521"


def classes_of(catalog, name):
    """Every annotation of properties of that name in a catalog."""
    found = []

    def walk(value):
        if isinstance(value, dict):
            for key, inner in value.items():
                if key == name and isinstance(inner, dict) and "x-hufu" in inner:
                    found.append(inner["x-hufu"])
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)
    walk(json.loads(catalog.read_text()))
    return found


@pytest.mark.parametrize("leaf", ["declared_by", "declared_by_id"])
def test_the_leaves_below_are_what_they_are_tested_as(generous, leaf):
    (note,) = classes_of(generous.dir / "catalogs" / "tax.json", leaf)
    assert note["class"] in ("personal", "sensitive_personal") or note.get("owner")


def word(generous, which, classes=("personal", "sensitive_personal")):
    """A person's consent to what the enterprise's payments say of that person."""
    return generous.token(grantor=generous.persons[which],
                          scopes=[scope("tax/payment", classes=list(classes))])


def test_an_enterprises_word_opens_nobodys_personal_data(generous):
    item = released(generous, payment(declared_by=MARK, declared_by_id=NUMBERS[0]), consent=generous.token())
    assert "declared_by" not in item and "declared_by_id" not in item and "paid_amount" in item


@pytest.mark.parametrize("order", [1, -1])
def test_a_persons_word_opens_what_is_about_that_person(generous, order):
    both = [("declared_by", MARK), ("declared_by_id", NUMBERS[0])][::order]
    item = released(generous, payment(**dict(both)), consent=[generous.token(), word(generous, 0)])
    assert (item["declared_by"], item["declared_by_id"]) == (MARK, NUMBERS[0])
    item = released(generous, payment(**dict(both)), consent=[generous.token(), word(generous, 1)])
    assert "declared_by" not in item and "declared_by_id" not in item


def test_each_person_opens_each_ones_own_and_all_are_charged(generous):
    items = [{**payment()["items"][0], "declared_by": MARK + str(i), "declared_by_id": number}
             for i, number in enumerate([*NUMBERS, STRANGER])]
    generous.tax.answer = lambda request, out: out.document({"uscc": A, "items": items})
    answer = generous.ask(PAYMENT, consent=[generous.token(), word(generous, 0),
                                            word(generous, 1, ["personal"])])
    first, second, third = answer.json["items"]
    assert (first["declared_by"], first["declared_by_id"]) == (MARK + "0", NUMBERS[0])
    assert second["declared_by"] == MARK + "1" and "declared_by_id" not in second
    assert "declared_by" not in third and STRANGER.encode() not in answer.body
    assert len(charged(generous.record(answer.index))) == 3
    assert "personal" in answer.trailers["access-withheld"]  # for it may be


def told_to_the_bank(generous, items, consents):
    """All that speaks of what was withheld: fields, trailers, and the record as the bank reads it."""
    generous.tax.answer = lambda request, out: out.document({"uscc": A, "items": items})
    answer = generous.ask(PAYMENT, consent=consents)
    wait_for(lambda: generous.ask(f"/log/record/{answer.index}").status == 200, what="the record")
    detail = json.loads(generous.ask(f"/log/record/{answer.index}").body)["detail"]
    own = {name: detail.pop(name, None) for name in ("access_id", "body_sha256", "bytes", "time_ms")}
    assert own["access_id"] == answer.fields["access-id"]
    return (answer.fields["access-policy"], answer.trailers["access-withheld"], detail), answer


def test_what_a_bank_is_told_of_what_was_withheld_follows_from_the_view_alone(generous):
    """How many rows and persons there are beyond its consents, the bank is not told; the operator is."""
    consents = [generous.token(), word(generous, 0)]
    one = payment(declared_by=MARK, declared_by_id=NUMBERS[0])["items"]
    many = one + payment(declared_by=MARK, declared_by_id=STRANGER, item=7)["items"] * 5
    many += [{**row, "period_from": "2019-01-01"} for row in many]
    told, few = told_to_the_bank(generous, one, consents)
    told_again, more = told_to_the_bank(generous, many, consents)
    assert told == told_again and few.body != more.body
    ends = [generous.outcome_of(answer.fields["access-id"]) for answer in (few, more)]
    assert ends[0] != ends[1] and ends[1]["n_rows_withheld"] == 6 and ends[1]["n_withheld"] > 10
    assert "n_rows_withheld" not in ends[0]


def test_another_banks_word_and_a_revoked_one_open_nothing(generous):
    document = payment(declared_by=MARK, declared_by_id=NUMBERS[0])
    own = word(generous, 0)
    assert "declared_by" in released(generous, document, consent=[generous.token(), own])
    revoked = generous.post("/revocations", generous.revocation(own, generous.persons[0]))
    assert revoked.status == 200, revoked
    answer = generous.ask(PAYMENT, consent=[generous.token(), own])
    assert answer.status == 403 and MARK.encode() not in answer.body


def test_identifiers_in_free_text_are_masked(generous):
    """The text itself leaves; what a consent covers is the text, not whom it names."""
    note = "电话13800138000，身份证１１０１０５19491231002x，a.b@example.com。"
    item = released(generous, payment(note=note), consent=generous.token())
    assert item["note"] == "电话***********，身份证******************，***************。"


def test_a_sole_traders_data_is_personal(generous):
    """Of a subject whose code begins with 92 nothing but the public leaves passes."""
    token = generous.token(grantor=generous.sole, scopes=[scope("samr/registration", "tax/rating")])
    generous.tax.answer = lambda request, out: out.document({
        "uscc": SOLE, "taxpayer_name": "shop", "ratings": [
            {"year": "2024", "on_a_list": True, "level": MARK, "score": 90}]})
    with_consent = generous.ask(f"/tax/rating/{SOLE}.json", consent=token)
    public = generous.ask(f"/tax/rating/{SOLE}.json", purpose=())
    assert MARK.encode() not in with_consent.body
    assert with_consent.status in (200, 403)
    assert public.status in (200, 403) and MARK.encode() not in public.body


def test_a_sole_traders_dataset_without_public_leaves_is_closed(generous):
    token = generous.token(grantor=generous.sole, scopes=[scope("tax/payment")])
    generous.tax.answer = lambda request, out: out.document(payment(SOLE, voucher_no=MARK))
    answer = generous.ask(f"/tax/payment/{SOLE}.json", consent=token)
    assert MARK.encode() not in answer.body and b"paid_amount" not in answer.body
    assert answer.status in (200, 403), answer


@pytest.mark.parametrize("treatment", ["pseudonym"])
def test_a_policy_with_a_treatment_that_is_not_there_is_refused(deploy, treatment):
    gateway = deploy()
    rules = {"version": "1", "rules": [{"when": {"class": "trade_secret"}, "do": treatment}]}
    (gateway.dir / "policy.json").write_text(json.dumps(rules))
    gateway.launch()
    assert gateway.wait_end() != 0
    assert treatment in gateway.stderr or "policy.json" in gateway.stderr
