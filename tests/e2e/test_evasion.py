"""Ways past the redactor that lead over the connection: how a body is framed, rules that change meanwhile.

What a value may try inside a body is told by tests/lint/evasion.py, which names a test for each.
"""
import json

import pytest

from support.deployment import A, PAYMENT, consent_fields

CANARY = "Qk7Zp9XwVt"
MEGABYTE = 1 << 20
ROW = {"item": "VAT", "kind": "normal", "period_from": "2024-01-01", "period_to": "2024-01-31",
       "paid_amount": 12.5, "declared_by": CANARY}
ANSWER = {"unheard_of": [CANARY], "uscc": A, "items": [ROW, {**ROW, "item": "增值税"}]}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    from support.deployment import Deployment
    with Deployment(tmp_path_factory.mktemp("evasion")) as deployment:
        deployment.tax = deployment.fake("tax")
        deployment.start()
        yield deployment


def everything(answer):
    """All that the bank has received, as text."""
    return str(answer.status) + str(answer.fields) + str(answer.trailers) + answer.body.decode("latin-1")


@pytest.mark.parametrize("size, empty, padding", [(1, 0, None), (1, 7, 0), (2, 1, 255), (3, 0, 9), (7, 2, 1), (64, 0, 255)])
def test_every_way_of_framing_the_body_gives_the_same_bytes(shop, size, empty, padding):
    text = json.dumps(ANSWER).encode()
    shop.tax.answer = lambda request, out: out.document(text)
    whole = shop.ask(PAYMENT, consent=shop.token())

    def in_pieces(request, out):
        out.respond()
        for at in range(0, len(text), size):
            out.frame(text[at:at + size], padding)
            if empty and at % empty == 0:
                out.frame(b"", padding)
        out.frame(b"")
        out.end()

    shop.tax.answer = in_pieces
    cut = shop.ask(PAYMENT, consent=shop.token())
    assert whole.status == cut.status == 200 and cut.body == whole.body
    assert len(whole.json["items"]) == 2 and CANARY not in everything(cut)


def test_an_answer_keeps_the_rules_that_it_began_with(deploy):
    """A policy that opens more is in force for who asks then, not in the middle of an answer."""
    gateway = deploy()
    gateway.tax = gateway.fake("tax")
    secret = json.dumps({**ROW, "voucher_no": CANARY}) + ","

    def endless(request, out):
        out.respond()
        out.data(b'{"uscc":"%s","items":[' % A.encode())
        while True:
            out.data(secret.encode() * 20)

    gateway.edit("policy.json", lambda policy: policy["rules"].insert(0, {
        "when": {"field": "items[].voucher_no"}, "do": "drop"}))
    gateway.start()
    gateway.tax.answer = endless
    with gateway.client(give_windows=False, timeout=8) as client:
        stream = client.request(PAYMENT, consent_fields(gateway.token()))
        answer = client.answers[stream]
        assert client.until(lambda: answer.n_bytes >= 60000)
        gateway.edit("policy.json", lambda policy: policy["rules"][0].update(do="keep"))
        gateway.reload()
        client.give(stream, MEGABYTE)
        assert client.until(lambda: answer.n_bytes >= 60000 + MEGABYTE // 2)
        assert CANARY.encode() not in bytes(answer.body)
        client.cancel(stream)
    gateway.tax.answer = lambda request, out: out.document({"uscc": A, "items": [{**ROW, "voucher_no": CANARY}]})
    assert CANARY in gateway.ask(PAYMENT, consent=gateway.token()).body.decode()
