"""What is on record about uses that were refused and answers that ended early."""

import hashlib

import pytest

from support import tokens
from support.deployment import A, PAYMENT, charged, consent_fields, wait_for
from support.h2client import WINDOW_BYTES

ROW = {"item": "VAT", "kind": "normal", "period_from": "2024-01-01", "period_to": "2024-01-31"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    from support.deployment import Deployment
    with Deployment(tmp_path_factory.mktemp("outcomes")) as gateway:
        gateway.tax = gateway.fake("tax")
        gateway.start()
        yield gateway


def test_a_refused_use_is_not_recorded_as_charged(shop):
    shop.tax.answer = lambda request, out: out.document({"uscc": A, "items": [ROW]})
    token = shop.token(max_total=1)
    allowed = shop.ask(PAYMENT, consent=token)
    assert allowed.status == 200
    assert charged(shop.record(allowed.index)) == [f"uscc:{A};{tokens.jti_of(token)}"]
    refused = shop.ask(PAYMENT, consent=token)
    assert refused.code == "use_limit"
    assert charged(shop.record(refused.index)) == []


def test_a_bank_that_leaves_before_the_last_byte_has_no_whole_answer_on_record(shop):
    """More than its window, little enough to wait within the gateway: the source has said it all."""
    n_ended = []

    def answer(request, out):
        out.document({"uscc": A, "items": [ROW] * 1300})
        n_ended.append(1)
    shop.tax.answer = answer
    client = shop.client(give_windows=False)
    stream = client.request(PAYMENT, consent_fields(shop.token()))
    assert client.until(lambda: client.answers[stream].n_bytes == WINDOW_BYTES)
    wait_for(lambda: n_ended, what="the end of the source's answer")
    client.drain(0.2)
    answer = client.answers[stream]
    assert not answer.over
    client.close()
    outcome = wait_for(lambda: shop.outcome_of(answer.fields["access-id"]), what="the outcome")
    assert outcome["bytes"] == WINDOW_BYTES
    assert outcome["fault"] == "client_gone"
    assert "body_sha256" not in outcome


def test_a_refusal_can_be_traced_to_the_consent(shop):
    token = shop.token()
    assert shop.revoke(token).status == 200
    detail = shop.record(shop.ask(PAYMENT, consent=token).index)["detail"]
    assert detail["code"] == "consent_revoked" and "consents" not in detail
    assert detail["tokens"] == [tokens.b64url(hashlib.sha256(token.encode()).digest())]
    name = f"uscc:{A};{tokens.new_jti()}"
    detail = shop.record(shop.ask(PAYMENT, consent=name).index)["detail"]
    assert detail["code"] == "consent_missing" and "tokens" not in detail
    assert detail["consents"] == [name]
