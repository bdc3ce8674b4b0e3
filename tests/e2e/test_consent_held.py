"""The refusals of docs/consent-token.md that only a running gateway can tell, each beside an access
that differs in that one point and is answered; and the recipe of that page."""
import json
import pathlib
import re
import subprocess
import sys

import pytest

from gateway import ENTERPRISE, PAYMENT, name_of, payload_of, problem

DOCUMENT = pathlib.Path(__file__).parents[2] / "docs" / "consent-token.md"
WINDOW = {"max_total": 3, "per": {"unit": "month", "count": 1}}


def allowed(answer):
    assert answer.status == 200, answer


def refused(code, answer):
    assert answer.status >= 400 and problem(answer) == code, answer


def scope(**changes):
    details = {"type": "credit_data", "datatypes": ["tax/payment"], "actions": ["query"],
               "classes": ["trade_secret"], "range": {"from": "2023-01-01", "to": "2025-12-31"},
               **changes}
    return [{name: value for name, value in details.items() if value is not None}]


def test_r18_another_payload_under_the_same_id(gw):
    token = gw.consent()
    allowed(gw.query(PAYMENT, token))
    twin = gw.consent(jti=payload_of(token)["jti"], data_life_days=1)
    refused("jti_conflict", gw.query(PAYMENT, twin))
    refused("jti_conflict", gw.post("/consents", twin))
    allowed(gw.query(PAYMENT, gw.consent(data_life_days=1)))


def test_r18_the_same_payload_signed_again_is_the_same_consent(gw):
    token = gw.consent(fetch={"max_total": 1})
    again = gw.sign(payload_of(token), header={"alg": "EdDSA"})  # other bytes, same payload text
    assert again != token
    allowed(gw.query(PAYMENT, token))
    assert gw.query(PAYMENT, again).status in (409, 429)  # never a second use


def test_r19_uses_in_all(gw):
    token = gw.consent(fetch={"max_total": 2})
    allowed(gw.query(PAYMENT, token))
    allowed(gw.query(PAYMENT, token))
    refused("use_limit", gw.query(PAYMENT, token))


def test_r19_uses_in_a_window(gw):
    token = gw.consent(fetch=WINDOW)
    allowed(gw.query(PAYMENT, token))
    refused("use_limit", gw.query(PAYMENT, token))
    allowed(gw.query(PAYMENT, gw.consent(fetch=WINDOW)))


@pytest.mark.parametrize("by_name", [False, True])
def test_r20_a_revoked_consent(gw, by_name):
    ended, other = gw.consent(), gw.consent()
    presented = gw.register(ended) if by_name else ended
    allowed(gw.query(PAYMENT, presented))
    assert gw.post("/revocations", gw.revocation(ended)).status in (200, 201, 204)
    refused("consent_revoked", gw.query(PAYMENT, presented))
    allowed(gw.query(PAYMENT, other))


@pytest.mark.parametrize("code, changes, request_changes", [
    ("scope_denied", {"datatypes": ["tax/rating"]}, {}),
    ("purpose_denied", {}, {"purpose": "post_loan"}),
    ("action_denied", {}, {"actions": "query, use"}),
    ("range_denied", {"range": None}, {})])
def test_r21_a_request_that_no_scope_covers(gw, code, changes, request_changes):
    allowed(gw.query(PAYMENT, gw.consent(authorization_details=scope())))
    token = gw.consent(authorization_details=scope(**changes))
    refused(code, gw.query(PAYMENT, token, **request_changes))


def test_r21_two_scopes_never_combine(gw):
    halves = scope(actions=["use"]) + scope(datatypes=["tax/rating"], actions=["query"])
    refused("action_denied", gw.query(PAYMENT, gw.consent(authorization_details=halves)))
    allowed(gw.query(PAYMENT, gw.consent(authorization_details=halves + scope())))


def test_the_recipe_makes_a_token(hufu, tmp_path):
    recipe = re.search(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL).group(1)
    made = subprocess.run([sys.executable, "-c", recipe], capture_output=True, check=True, text=True)
    token, jwk = made.stdout.splitlines()
    (tmp_path / "grantors").mkdir()
    ran = hufu("grantor", "add", tmp_path, "--iss", ENTERPRISE, "--jwk", "-", stdin=jwk.encode())
    assert ran.code == 0 and ran.out.strip() == json.loads(jwk)["kid"]
    ran = hufu("consent", "verify", token, "--grantors", tmp_path, "--aud",
               "https://gw.example.test", "--bank", "911100001000044477")
    assert ran.code == 0, ran
    assert name_of(token).startswith(f"uscc:{ENTERPRISE};")
