"""The refusals of docs/consent-token.md that only a running gateway can tell, each beside an access
that differs in that one point and is answered; and the recipe of that page."""
import hashlib
import json
import pathlib
import re
import subprocess
import sys

import pytest

from support import tokens
from support.deployment import A, PAYMENT, PURPOSE
from support.tokens import DROP, name_of, payload_of

DOCUMENT = pathlib.Path(__file__).parents[2] / "docs" / "consent-token.md"
WINDOW = {"max_total": 3, "per": {"unit": "month", "count": 1}}


def allowed(answer):
    assert answer.status == 200, answer


def refused(code, answer):
    assert answer.status >= 400 and answer.code == code, answer


def scope(**changes):
    return [tokens.scope("tax/payment", **{"actions": ["query"], **changes})]


def test_r18_another_payload_under_the_same_id(gateway):
    token = gateway.token()
    allowed(gateway.ask(PAYMENT, consent=token))
    twin = gateway.token(jti=payload_of(token)["jti"], data_life_days=1)
    refused("jti_conflict", gateway.ask(PAYMENT, consent=twin))
    refused("jti_conflict", gateway.register(twin))
    allowed(gateway.ask(PAYMENT, consent=gateway.token(data_life_days=1)))


def alarms(gateway, token):
    return [r["detail"] for r in gateway.records() if r["record"]["kind"] == "alarm"
            and r["detail"]["jti"] == payload_of(token)["jti"]]


@pytest.mark.parametrize("by_name", [False, True])
def test_r18_another_payload_raises_an_alarm(gateway, by_name):
    token = gateway.token()
    if by_name:
        assert gateway.register(token).status == 201
    else:
        allowed(gateway.ask(PAYMENT, consent=token))
    twin = gateway.token(jti=payload_of(token)["jti"], data_life_days=1)
    refused("jti_conflict", gateway.ask(PAYMENT, consent=twin))
    refused("jti_conflict", gateway.register(twin))
    refused("jti_conflict", gateway.register(twin, bank=None))
    found = alarms(gateway, token)
    digests = [tokens.b64url(hashlib.sha256(text.encode()).digest()) for text in (token, twin)]
    assert [detail["tokens"] for detail in found] == [digests] * 3
    assert {detail["code"] for detail in found} == {"jti_conflict"}
    assert [detail.get("bank") for detail in found] == [gateway.banks["a"].uscc] * 2 + [None]
    kinds = [r["record"]["kind"] for r in gateway.records() if r["detail"].get("jti") ==
             payload_of(token)["jti"]]
    assert kinds.count("grant") == by_name  # what conflicts is not put on record as granted


def test_r18_alarms_come_no_faster_than_registrations(deploy):
    """Whoever conflicts with its own consents over and over cannot fill the log."""
    gateway = deploy()
    gateway.start()
    token = gateway.token()
    assert gateway.register(token).status == 201
    twin = gateway.token(jti=payload_of(token)["jti"], data_life_days=1)
    with gateway.client(timeout=20) as client:
        head = [("content-type", "application/jwt")]
        acts = [client.request("/consents", head, method="POST", body=twin.encode()) for _ in range(60)]
        assert client.until(lambda: all(client.answers[act].over for act in acts))
        codes = {code: [client.answers[act].code for act in acts].count(code)
                 for code in ("jti_conflict", "rate_limit")}
    assert sum(codes.values()) == 60 and codes["rate_limit"] > 0, codes
    assert len(alarms(gateway, token)) == codes["jti_conflict"]


def test_r18_the_same_payload_signed_again_is_the_same_consent(gateway):
    token = gateway.token(fetch={"max_total": 1})
    again = gateway.enterprise.sign(payload_of(token), alg="EdDSA")  # other bytes, same payload text
    assert again != token
    allowed(gateway.ask(PAYMENT, consent=token))
    assert gateway.ask(PAYMENT, consent=again).status in (409, 429)  # never a second use


def test_r19_uses_in_all(gateway):
    token = gateway.token(fetch={"max_total": 2})
    allowed(gateway.ask(PAYMENT, consent=token))
    allowed(gateway.ask(PAYMENT, consent=token))
    refused("use_limit", gateway.ask(PAYMENT, consent=token))


def test_r19_uses_in_a_window(gateway):
    token = gateway.token(fetch=WINDOW)
    allowed(gateway.ask(PAYMENT, consent=token))
    refused("use_limit", gateway.ask(PAYMENT, consent=token))
    allowed(gateway.ask(PAYMENT, consent=gateway.token(fetch=WINDOW)))


@pytest.mark.parametrize("by_name", [False, True])
def test_r20_a_revoked_consent(gateway, by_name):
    ended, other = gateway.token(), gateway.token()
    presented = ended
    if by_name:
        assert gateway.register(ended).status == 201
        presented = name_of(ended)
    allowed(gateway.ask(PAYMENT, consent=presented))
    assert gateway.revoke(ended).status in (200, 201, 204)
    refused("consent_revoked", gateway.ask(PAYMENT, consent=presented))
    allowed(gateway.ask(PAYMENT, consent=other))


@pytest.mark.parametrize("code, changes, purpose", [
    ("scope_denied", {"datatypes": ["tax/rating"]}, PURPOSE),
    ("purpose_denied", {}, (("consent-purpose", "post_loan"), PURPOSE[1])),
    ("action_denied", {}, (PURPOSE[0], ("consent-actions", "query, use"))),
    ("range_denied", {"range": DROP}, PURPOSE)])
def test_r21_a_request_that_no_scope_covers(gateway, code, changes, purpose):
    allowed(gateway.ask(PAYMENT, consent=gateway.token(scopes=scope())))
    token = gateway.token(scopes=scope(**changes))
    refused(code, gateway.ask(PAYMENT, consent=token, purpose=purpose))


def test_r21_two_scopes_never_combine(gateway):
    halves = scope(actions=["use"]) + scope(datatypes=["tax/rating"], actions=["query"])
    refused("action_denied", gateway.ask(PAYMENT, consent=gateway.token(scopes=halves)))
    allowed(gateway.ask(PAYMENT, consent=gateway.token(scopes=halves + scope())))


def read_recipe():
    recipe = re.search(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL).group(1)
    assert recipe.count("\n") <= 40 and "hufu" not in recipe.lower()
    return recipe


def test_the_recipe_makes_a_consent_that_a_gateway_honours(deploy):
    """With nothing changed but whom it is for."""
    gateway = deploy()
    gateway.serve("tax")
    recipe = read_recipe()
    for old, new in (("https://gw.example.test", gateway.url), ("911100001000044477", gateway.banks["a"].uscc),
                     ("jNIolscN8ztzRBlhk9CHWqpZhuZeJ7wp-KZDvbOvpv4", gateway.banks["a"].x5t)):
        assert recipe.count(old) == 1
        recipe = recipe.replace(old, new)
    made = subprocess.run([sys.executable, "-I", "-c", recipe], capture_output=True, check=True, text=True)
    token, jwk = made.stdout.splitlines()
    gateway.grantor_file(f"uscc:{A}").write_text(json.dumps({"iss": f"uscc:{A}", "keys": [json.loads(jwk)]}))
    gateway.start()
    assert gateway.register(token).status == 201
    allowed(gateway.ask(PAYMENT, consent=name_of(token)))
    refused("use_limit", gateway.ask(PAYMENT, consent=token))  # one use a day, it says


def test_the_recipe_makes_a_token(hufu, tmp_path):
    recipe = read_recipe()
    made = subprocess.run([sys.executable, "-c", recipe], capture_output=True, check=True, text=True)
    token, jwk = made.stdout.splitlines()
    (tmp_path / "grantors").mkdir()
    ran = hufu("grantor", "add", tmp_path, "--iss", A, "--jwk", "-", stdin=jwk.encode())
    assert ran.code == 0 and ran.out.strip() == json.loads(jwk)["kid"]
    ran = hufu("consent", "verify", token, "--grantors", tmp_path, "--aud",
               "https://gw.example.test", "--bank", "911100001000044477")
    assert ran.code == 0, ran
    assert name_of(token).startswith(f"uscc:{A};")
