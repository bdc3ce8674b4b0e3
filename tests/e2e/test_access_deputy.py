"""The confused deputy: a consent for A, and every way to ask for B with it. Whatever is tried, the
answer is a refusal or exactly A's data, and the source sees only what the gateway rebuilt."""
import json

import pytest

from gateway import ENTERPRISE as A
from gateway import PAYMENT, access, log_index, problem
from source import Source, document

B = "91999999MA0000A00C"
DOCUMENT_B = json.dumps({
    "uscc": B, "taxpayer_name": "B", "as_of": "2025-10-31", "total_paid": 1.00,
    "items": [{"item": "VAT", "period_from": "2024-01-01", "period_to": "2024-01-31",
               "paid_amount": 4711.00}]}).encode()

TRICKS = [
    f"/tax/payment/{A}.json?uscc={B}",
    f"/tax/payment/{A}.json?uscc={A}",
    f"/tax/payment/{A}.json?from=2023-01-01&from=2019-01-01",
    f"/tax/payment/{A}.json?from=2023-01-01&FROM=2019-01-01",
    f"/tax/payment/{A}.json?from[]=2019-01-01",
    f"/tax/payment/{A}.json?from=2023-01-01%26uscc={B}",
    f"/tax/payment/{A}.json?;uscc={B}",
    f"/tax/payment/{A}.json;uscc={B}",
    f"/tax/payment/{A}.json#?uscc={B}",
    f"/tax/payment/{A}.json%23",
    f"/tax/payment/{A}.json%00.json",
    f"/tax/payment/{A}%2ejson",
    f"/tax/payment/{A}.json/../{B}.json",
    f"/tax/payment/x/../{B}.json",
    f"/tax/payment/%2e%2e/payment/{B}.json",
    f"/tax/payment/..%2f{B}.json",
    f"/tax/payment/{A}%2f..%2f{B}.json",
    f"/tax/payment/./{A}.json",
    f"/tax/payment//{A}.json",
    f"//tax/payment/{A}.json",
    f"/tax/./payment/{A}.json",
    f"/tax/payment/{A}.json/",
    f"/tax/payment/{A},{B}.json",
    f"/tax/payment/{A}{B}.json",
    f"/tax/payment/{A.lower()}.json",
    f"/tax/payment/{A}%20.json",
    f"/tax/payment/%E9%80%9A.json",
    f"/tax/payment/%FF.json",
    f"/tax/payment\\{A}.json",
    f"/tax/payment/%5c{A}.json",
    f"/tax/payment/*.json",
    f"/tax/payment/{A}.json?from=2023-13-01",
    "/tax/payment/11010519491231002X.json",
    f"https://elsewhere.example/tax/payment/{B}.json",
    "*",
]


@pytest.fixture(scope="module")
def deputy(make_gateway):
    gateway = make_gateway()
    source = Source(gateway.demo("sources/tax.pem"), gateway.demo("sources/tax.key"))
    gateway.use_source("tax", source.port)
    gateway.source = source
    examples = json.loads((gateway.folder / "catalogs/tax.json").read_text())
    assert examples["openapi"]
    gateway.start()
    yield gateway
    gateway.close()
    source.stop()


@pytest.mark.parametrize("path", TRICKS)
def test_a_trick_is_refused_and_reaches_no_source(deputy, path):
    n = len(deputy.source.requests)
    with deputy.bank() as bank:
        answer = bank.ask("GET", path, access(deputy.consent()))
    assert answer.reset is not None or answer.status in (400, 403, 404), answer
    assert len(deputy.source.requests) == n
    if answer.status:
        assert problem(answer) in ("request_malformed", "route_unknown", "subject_mismatch")


@pytest.mark.parametrize("spelling", ["%39" + A[1:], A[:-1] + "%33", A[:9] + f"%{ord(A[9]):02X}" + A[10:]])
def test_encoded_characters_are_exactly_the_same_subject(deputy, spelling):
    """Decoded once, they are A; the source sees A in its one spelling."""
    deputy.source.answers[f"/payment/{A}.json"] = document(b'{"uscc":"%s"}' % A.encode())
    with deputy.bank() as bank:
        answer = bank.ask("GET", f"/tax/payment/{spelling}.json", access(deputy.consent()))
    assert answer.status == 200 and json.loads(answer.body)["uscc"] == A, answer
    assert deputy.source.requests[-1][1][":path"] == f"/payment/{A}.json"


def test_a_source_sees_nothing_that_we_did_not_rebuild(deputy):
    deputy.source.answers[f"/payment/{A}.json?from=2024-01-01&to=2024-12-31"] = document(b"{}")
    fields = [*access(deputy.consent()), ("cookie", "a=b"), ("authorization", "Bearer x"),
              ("x-forwarded-for", "1.2.3.4"), ("user-agent", "bank"), ("range", "bytes=0-1"),
              ("accept-encoding", "gzip"), ("if-none-match", "x"), ("traceparent", "00-x-y-01")]
    with deputy.bank() as bank:
        answer = bank.ask("GET", f"/tax/payment/{A}.json?to=2024-12-31&from=2024-01-01", fields)
    assert answer.status == 200, answer
    head = deputy.source.requests[-1][1]
    assert set(head) == {":method", ":scheme", ":authority", ":path", "accept", "accept-encoding",
                         "access-id", "access-bank", "access-purpose", "traceparent"}
    assert head[":path"] == f"/payment/{A}.json?from=2024-01-01&to=2024-12-31"
    assert head["access-id"] == answer.headers["access-id"]
    assert head["traceparent"].startswith("00-") and head["accept-encoding"] == "identity"


def test_a_source_that_answers_with_anothers_document(deputy):
    """Nothing of an answer that names another subject is believed."""
    deputy.source.answers[f"/payment/{A}.json"] = document(DOCUMENT_B)
    answer = deputy.query(PAYMENT, deputy.consent())
    assert answer.status == 502 and problem(answer) == "source_malformed", answer
    assert B.encode() not in answer.body and b"4711" not in answer.body


def test_nothing_passes_from_the_source_but_the_document(deputy):
    deputy.source.answers[f"/payment/{A}.json"] = document(
        b"{}", extra=[("set-cookie", "a=b"), ("location", "https://elsewhere.example"),
                      ("server", "x"), ("last-modified", "Sat, 22 Nov 2025 10:00:00 GMT"),
                      ("access-log", "forged 1"), ("content-length", "2")])
    answer = deputy.query(PAYMENT, deputy.consent())
    assert answer.status == 200
    assert set(answer.headers) == {"content-type", "cache-control", "access-id", "access-log",
                                   "access-policy", "access-delete-by", "last-modified"}
    assert log_index(answer) > 0


def test_a_resident_id_in_a_path_is_never_logged(deputy):
    with deputy.bank() as bank:
        answer = bank.ask("GET", "/tax/payment/11010519491231002X.json", access())
    assert answer.status == 400
    detail = deputy.record(log_index(answer))["detail"]
    assert "11010519491231002X" not in json.dumps(detail)
