"""How far an operator lets consents reach, whatever their grantors signed."""
import datetime
import json
import subprocess

import pytest

from support.deployment import HUFUD, PAYMENT
from support.tokens import name_of, scope

SHANGHAI = datetime.timezone(datetime.timedelta(hours=8))
YEARS = {"from": "2023-01-01", "to": "2025-12-31"}  # 1096 days


@pytest.fixture
def ceilings(request, faked):
    """faked under these rules: ceilings({"max_range_days": …, "do": …}, …)"""
    path = faked.dir / "ceilings.json"
    path.write_text('{"rules":[]}')
    faked.stop()
    faked.configure(lambda config: config.setdefault("paths", {}).update(ceilings="ceilings.json"))
    faked.start()
    rows = [f"{year}-{month:02}-28" for year in (2023, 2024, 2025) for month in (1, 6, 12)]
    faked.tax.answer = lambda request, out: out.document({
        "uscc": PAYMENT.rpartition("/")[2][:-5],
        "items": [{"item": "VAT", "period_from": day, "period_to": day, "paid_amount": 1} for day in rows]})

    def set_rules(*rules):
        path.write_text(json.dumps({"rules": [{"purpose": "pre_loan", **rule} for rule in rules]}))
        faked.reload()
        return faked

    return set_rules


def consent(gateway, **changes):
    return gateway.token(scopes=[scope("tax/payment", range=YEARS)], **changes)


# ---- reject ----

EXCEEDED = [
    ({"max_validity_days": 29}, {"max_validity_days": 30}, "exp"),
    ({"max_range_days": 1095}, {"max_range_days": 1096}, "authorization_details.range"),
    ({"max_data_life_days": 89}, {"max_data_life_days": 90}, "data_life_days"),
    ({"max_frequency": {"unit": "day", "count": 99}}, {"max_frequency": {"unit": "day", "count": 100}},
     "fetch.per"),
]


@pytest.mark.parametrize("limit, neighbour, attribute", EXCEEDED)
@pytest.mark.parametrize("how", ["by value", "registered"])
def test_what_exceeds_is_refused(ceilings, limit, neighbour, attribute, how):
    gateway = ceilings({**limit, "do": "reject"})
    token = consent(gateway)
    ask = gateway.register if how == "registered" else lambda t: gateway.ask(PAYMENT, consent=t)
    answer = ask(token)
    assert (answer.status, answer.code) == (412, "ceiling_exceeded")
    assert answer.problem["attribute"] == attribute
    ceilings({**neighbour, "do": "reject"})
    answer = ask(token)
    assert answer.status in (200, 201) and "access-clamped" not in answer.fields, answer


def test_a_ceiling_that_comes_later_bounds_what_is_registered(ceilings):
    gateway = ceilings()
    token = consent(gateway)
    assert gateway.register(token).status == 201
    assert gateway.ask(PAYMENT, consent=name_of(token)).status == 200
    for limit, _, attribute in EXCEEDED:
        ceilings({**limit, "do": "reject"})
        answer = gateway.ask(PAYMENT, consent=name_of(token))
        assert (answer.status, answer.code) == (412, "ceiling_exceeded")
        assert answer.problem["attribute"] == attribute


def test_the_specific_beats_the_general(ceilings):
    gateway = ceilings({"max_range_days": 1, "do": "reject"},
                       {"bank": "uscc:911100001000044477", "max_range_days": 1, "do": "reject"})
    token = consent(gateway)
    assert gateway.ask(PAYMENT, consent=token).code == "ceiling_exceeded"
    ceilings({"max_range_days": 1, "do": "reject"},
             {"bank": gateway.banks["a"].uscc, "dataset": "tax/payment", "max_range_days": 1096,
              "do": "reject"})
    assert gateway.ask(PAYMENT, consent=token).status == 200
    ceilings({"dataset": "tax/rating", "max_range_days": 1, "do": "reject"})
    assert gateway.ask(PAYMENT, consent=token).status == 200


# ---- clamp ----

def days_of(answer):
    return [item["period_from"] for item in answer.json["items"] if item]


def test_a_clamped_range_keeps_its_last_days_and_says_so(ceilings):
    gateway = ceilings({"max_range_days": 365, "do": "clamp"})
    answer = gateway.ask(PAYMENT, consent=consent(gateway))
    assert answer.status == 200
    assert days_of(answer) == ["2025-01-28", "2025-06-28", "2025-12-28"]
    assert answer.fields["access-clamped"] == "range=365"
    assert gateway.record(answer.index)["detail"]["clamped"] == ["range=365"]
    ceilings()
    whole = gateway.ask(PAYMENT, consent=consent(gateway))
    assert len(days_of(whole)) == 9 and "access-clamped" not in whole.fields
    assert "clamped" not in gateway.record(whole.index)["detail"]


def test_a_clamped_life_is_told_as_the_day_to_delete_by(ceilings):
    gateway = ceilings({"max_data_life_days": 7, "do": "clamp"})
    answer = gateway.ask(PAYMENT, consent=consent(gateway))
    today = datetime.datetime.now(SHANGHAI).date()
    assert answer.fields["access-delete-by"] in (str(today + datetime.timedelta(days=7)),
                                                 str(today + datetime.timedelta(days=6)))
    assert answer.fields["access-clamped"] == "data_life_days=7"


def test_a_clamped_validity_is_an_end(ceilings):
    gateway = ceilings({"max_validity_days": 2, "do": "clamp"})
    day = 86400
    now = int(datetime.datetime.now().timestamp())
    answer = gateway.ask(PAYMENT, consent=consent(gateway))
    assert answer.status == 200 and answer.fields["access-clamped"] == "exp=2"
    old = consent(gateway, iat=now - 3 * day, nbf=now - 3 * day)
    answer = gateway.ask(PAYMENT, consent=old)
    assert (answer.status, answer.code) == (403, "consent_expired")
    ceilings()
    assert gateway.ask(PAYMENT, consent=old).status == 200


@pytest.mark.parametrize("by_name", [False, True])
def test_a_clamped_frequency_is_counted(ceilings, by_name):
    gateway = ceilings({"max_frequency": {"unit": "month", "count": 2}, "do": "clamp"})
    token = consent(gateway)
    if by_name:
        assert gateway.register(token).json["uses"]["window_left"] == 2
    presented = name_of(token) if by_name else token
    for _ in range(2):
        answer = gateway.ask(PAYMENT, consent=presented)
        assert answer.status == 200 and answer.fields["access-clamped"] == "fetch=2;unit=month"
    assert gateway.ask(PAYMENT, consent=presented).code == "use_limit"


def test_every_clamp_is_told_at_once(ceilings):
    gateway = ceilings({"max_range_days": 30, "max_validity_days": 5, "max_data_life_days": 0,
                        "max_frequency": {"unit": "hour", "count": 9}, "do": "clamp"})
    answer = gateway.ask(PAYMENT, consent=consent(gateway))
    assert answer.fields["access-clamped"] == "exp=5, range=30, fetch=9;unit=hour, data_life_days=0"


# ---- the table ----

@pytest.mark.parametrize("text, words", [
    ('{"rules":[\n {"purpose":"pre_loan","max_range_days":0,"do":"clamp"}]}',
     "ceilings.json:2:41: rules[0].max_range_days"),
    ('{"rules":[\n {"purpose":"pre_loan","max_range":1,"do":"clamp"}]}', "ceilings.json:2:24: rules[0]"),
    ('{"rules":[', "ceilings.json:1:"), (None, "ceilings.json")])
def test_check_names_file_line_and_column(deploy, text, words):
    gateway = deploy()
    gateway.configure(lambda config: config.setdefault("paths", {}).update(ceilings="ceilings.json"))
    if text:
        (gateway.dir / "ceilings.json").write_text(text)
    done = subprocess.run([HUFUD, "--config", gateway.dir / "hufud.json", "--check"],
                          capture_output=True, text=True, check=False)
    assert done.returncode in (1, 4) and words in done.stderr, done.stderr


def test_a_table_with_a_mistake_is_not_reloaded(ceilings):
    gateway = ceilings({"max_range_days": 1095, "do": "reject"})
    (gateway.dir / "ceilings.json").write_text('{"rules":[{}]}')
    gateway.reload(ok=False)
    assert gateway.ask(PAYMENT, consent=consent(gateway)).code == "ceiling_exceeded"
