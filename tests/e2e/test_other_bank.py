"""What a bank learns of another bank's consents: nothing."""

import json
import time

import pytest

from support import tokens
from support.deployment import A, PAYMENT


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    from support.deployment import Deployment
    with Deployment(tmp_path_factory.mktemp("banks")) as gateway:
        gateway.serve("tax")
        gateway.start()
        yield gateway


def name_of(token):
    return f"uscc:{A};{tokens.jti_of(token)}"


def test_another_banks_consent_is_missing_whatever_has_become_of_it(shop):
    """Neither its revocation nor its key's end tells bank B that the name exists."""
    token = shop.token("a")
    assert shop.register(token).status == 201
    assert shop.ask(PAYMENT, "b", consent=name_of(token)).code == "consent_missing"
    grantors = shop.grantor_file(f"uscc:{A}")
    text = grantors.read_text()
    grantors.write_text(json.dumps({"iss": f"uscc:{A}", "keys": [
        tokens.Grantor(f"uscc:{A}").entry()]}))
    try:
        shop.reload()
        assert shop.ask(PAYMENT, "a", consent=name_of(token)).code == "grantor_unknown"
        assert shop.ask(PAYMENT, "b", consent=name_of(token)).code == "consent_missing"
    finally:
        grantors.write_text(text)
        shop.reload()
    assert shop.revoke(token).status == 200
    assert shop.ask(PAYMENT, "b", consent=name_of(token)).code == "consent_missing"


def test_a_stolen_token_does_not_tell_its_state(shop):
    token = shop.token("a")
    assert shop.ask(PAYMENT, "b", consent=token).code == "recipient_mismatch"
    assert shop.revoke(token).status == 200
    assert shop.ask(PAYMENT, "a", consent=token).code == "consent_revoked"
    assert shop.ask(PAYMENT, "b", consent=token).code == "recipient_mismatch"


def test_a_bank_registers_its_own_consents_only(shop):
    token = shop.token("a")
    refused = shop.register(token, "b")
    assert (refused.status, refused.code) == (403, "recipient_mismatch")
    assert shop.ask(PAYMENT, "a", consent=name_of(token)).code == "consent_missing"
    assert shop.register(token, "a").status == 201
    again = shop.register(token, "b")
    assert (again.status, again.code) == (403, "recipient_mismatch")
    assert b"uses" not in again.body


def test_registering_leaves_revoking_alone(shop):
    """A bank with many consents of an enterprise cannot use up its right to withdraw them."""
    with shop.client(timeout=20) as client:
        head = [("content-type", "application/jwt")]
        acts = [client.request("/consents", head, method="POST", body=shop.token("a").encode())
                for _ in range(40)]
        assert client.until(lambda: all(client.answers[act].over for act in acts))
        assert client.answers[acts[-1]].code == "rate_limit"
        word = shop.enterprise.revoke(tokens.jti_of(shop.token("a")), shop.url).encode()
        act = client.request("/revocations", head, method="POST", body=word)
        assert client.until(lambda: client.answers[act].over)
        assert client.answers[act].status == 200


@pytest.mark.parametrize("word", ["revocation", "pause", "end of all"])
def test_an_old_word_sent_again_leaves_revoking_alone(shop, word):
    """A bank that has kept a grantor's word repeats it at its own cost, not at the grantor's."""
    old, new = shop.token("b"), shop.token("a")
    if word == "pause":
        kept = shop.enterprise.set_state(tokens.jti_of(old), shop.url, "paused")
    elif word == "revocation":
        kept = shop.revocation(old)
    else:
        kept = shop.enterprise.revoke("*", shop.url, iat=int(time.time()) - 3600)
    assert shop.post("/revocations", kept, "b").status == 200
    head = [("content-type", "application/jwt")]
    with shop.client("b", timeout=20) as bank, shop.client("a", timeout=20) as other:
        acts = [bank.request("/revocations", head, method="POST", body=kept.encode()) for _ in range(40)]
        assert bank.finish(*acts)[-1].code == "rate_limit"
        for client in (bank, other):  # the first on the very worker that was kept busy
            act = client.request("/revocations", head, method="POST", body=shop.revocation(new).encode())
            assert client.finish(act)[0].status == 200
