"""Treatments that a policy may choose, from the policy file to what the bank gets and what is told."""

import base64
import hashlib
import hmac
import json
import re

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


@pytest.mark.smoke
def test_pseudonyms_are_each_banks_own(shop):
    under(shop, {"when": {"identifier": "account_no"}, "do": "pseudonym"})
    accounts = ["6222020000000000000", "6222020000000000018", "6222020000000000000", "\\u0036222020000000000000"]
    texts = [f'"account_no":"{account}"' for account in accounts]
    of_a, of_b = ([row["account_no"] for row in rows(shop, texts, bank)] for bank in "ab")
    for names in (of_a, of_b):
        assert names[0] == names[2] == names[3] != names[1]
        assert all(re.fullmatch("[A-Z2-7]{26}", name) for name in names)
    assert not set(of_a) & set(of_b)
    assert of_a == [row["account_no"] for row in rows(shop, texts)]  # and tomorrow


def test_a_pseudonym_is_what_the_document_says(shop):
    under(shop, {"when": {"identifier": "account_no"}, "do": "pseudonym"})
    [row] = rows(shop, ['"account_no":"6222020000000000000"'])
    secret = base64.urlsafe_b64decode((shop.dir / "keys" / "pseudonym.key").read_text().strip() + "=")
    message = f"bank:{shop.banks['a'].uscc}:6222020000000000000".encode()
    tag = hmac.new(secret, message, hashlib.sha256).digest()[:16]
    assert row["account_no"] == base64.b32encode(tag).decode().rstrip("=")


def test_the_tool_makes_the_gateways_pseudonyms(shop, tmp_path):
    under(shop, {"when": {"identifier": "account_no"}, "do": "pseudonym"})
    [row] = rows(shop, ['"account_no":"6222020000000000000"'])
    claims = tmp_path / "claims.json"
    claims.write_text(json.dumps(shop.claims()))
    answer = {"uscc": A, "items": [{**DAY, "account_no": "6222020000000000000"}]}
    words = ["policy", "apply", shop.dir / "catalogs" / "tax.json", "--policy", shop.dir / "policy.json",
             "--operation", "GET /payment/{uscc}.json", "--bank", shop.banks["a"].uscc, "--purpose", "pre_loan",
             "--actions", "query", "--consent-claims", claims]
    applied = shop.hufu(*words, "--deployment", shop.dir, stdin=json.dumps(answer)).stdout
    assert json.loads(applied)["items"][0]["account_no"] == row["account_no"]
    refused = shop.hufu(*words, stdin=json.dumps(answer), check=False)
    assert refused.returncode == 2 and refused.stdout == "" and "deployment" in refused.stderr
