"""Treatments that a policy may choose, from the policy file to what the bank gets and what is told."""

import json

import pytest

from support.deployment import A, PAYMENT

DAY = {"item": "VAT", "kind": "normal", "period_from": "2024-01-01", "period_to": "2024-01-31"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    from support.deployment import Deployment
    with Deployment(tmp_path_factory.mktemp("treatments")) as deployment:
        deployment.tax = deployment.fake("tax")
        deployment.start()
        yield deployment


def under(shop, *rules):
    """Puts rules in front of the policy, and in force."""
    def change(policy):
        first = next(i for i, rule in enumerate(policy["rules"]) if rule["when"] == {"class": "public"})
        policy["rules"][:first] = rules
    shop.edit("policy.json", change)
    shop.reload()


def rows(shop, texts, bank="a"):
    """What is left of rows whose members are given as JSON text."""
    body = ",".join('{%s,%s}' % (json.dumps(DAY)[1:-1], text) for text in texts)
    shop.tax.answer = lambda request, out: out.document(f'{{"uscc":"{A}","items":[{body}]}}'.encode())
    answer = shop.ask(PAYMENT, bank, consent=shop.token(bank))
    assert answer.status == 200, answer
    return [{k: v for k, v in row.items() if k not in DAY} for row in answer.json["items"]]


@pytest.mark.smoke
def test_amounts_leave_as_ranges(shop):
    under(shop, {"when": {"field": "items[].paid_amount"}, "do": "bucket", "edges": [0, 1000, "5000.00"]})
    amounts = ["-0.01", "-0", "0", "999.99", "1E3", "1000.0", "4999.999999", "5000", "5e3", "1e400",
               "123456789012345678901234567890", '"7"', "null"]
    left = [row.get("paid_amount") for row in rows(shop, [f'"paid_amount":{a}' for a in amounts])]
    assert left == ["..0", "0..1000", "0..1000", "0..1000", "1000..5000.00", "1000..5000.00",
                    "1000..5000.00", "5000.00..", "5000.00..", "5000.00..", "5000.00..", None, None]


def test_a_policy_whose_edges_do_not_rise_is_not_put_in_force(shop):
    before = (shop.dir / "policy.json").read_text()
    shop.edit("policy.json", lambda policy: policy["rules"].insert(
        0, {"when": {"field": "items[].paid_amount"}, "do": "bucket", "edges": [1, 1.0]}))
    shop.reload(ok=False)
    (shop.dir / "policy.json").write_text(before)
    shop.reload()
