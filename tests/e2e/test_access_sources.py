"""Departments that fail, lie, stall or send too much.

Covers: gateway/exchange_states.c gateway/exchange_source.c
"""
import gzip
import json
import os
import socket
import subprocess
import time

import pytest

from gateway import ENTERPRISE, PAYMENT, access, log_index, name_of, problem, wait_for
from source import Source, document

PATH = f"/payment/{ENTERPRISE}.json"
ROW = b'{"item":"VAT","period_from":"2024-01-01","period_to":"2024-01-31","paid_amount":1.00}'
HEAD = b'{"uscc":"%s","items":[' % ENTERPRISE.encode()


def rows(n):
    return HEAD + b",".join([ROW] * n) + b"]}"


@pytest.fixture(scope="module")
def faulty(make_gateway):
    gateway = make_gateway()
    source = Source(gateway.demo("sources/tax.pem"), gateway.demo("sources/tax.key"))
    gateway.use_source("tax", source.port)
    gateway.configure(limits={"source_first_byte_timeout_ms": 700, "max_body_bytes": 400 << 20})
    gateway.start()
    gateway.source = source
    yield gateway
    gateway.close()
    source.stop()


def uses_left(gateway, token):
    with gateway.bank() as bank:
        iss, jti = name_of(token).split(";")
        answer = bank.ask("GET", f"/consents/{iss}/{jti}")
    assert answer.status == 200, answer
    return json.loads(answer.body)["uses"]["left"]


@pytest.mark.parametrize("status, expected, code", [
    (301, 502, "source_refused"), (302, 502, "source_refused"), (304, 502, "source_refused"),
    (400, 502, "source_refused"), (401, 502, "source_refused"), (403, 502, "source_refused"),
    (418, 502, "source_refused"), (500, 502, "source_refused"), (204, 502, "source_refused"),
    (206, 502, "source_refused"), (429, 503, "source_unavailable"),
    (503, 503, "source_unavailable"), (504, 504, "source_timeout"), (404, 404, "no_data"),
])
def test_a_status_is_told_as_a_code_and_nothing_of_the_answer_passes(faulty, status, expected, code):
    faulty.source.answers[PATH] = document(b'{"secret":"stack trace"}', status=status,
                                           extra=[("location", "https://elsewhere.example/")])
    answer = faulty.query(PAYMENT, faulty.consent())
    assert answer.status == expected and problem(answer) == code, answer
    assert b"stack trace" not in answer.body and "location" not in answer.headers
    outcome = faulty.record(int(answer.headers["access-outcome"]))["detail"]
    assert outcome["fault"] == code and outcome["status"] == expected and outcome["bytes"] == 0


MALFORMED = {
    "no json": b"<html>oops</html>",
    "cut": rows(3)[:-1],
    "empty": b"",
    "bytes behind it": rows(1) + b"x",
    "a member twice": b'{"uscc":"%s","items":[],"items":[]}' % ENTERPRISE.encode(),
    "bad utf-8": b'{"taxpayer_name":"\xff"}',
    "too deep": b"[" * 100 + b"]" * 100,
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_document_that_is_malformed(faulty, name):
    faulty.source.answers[PATH] = document(MALFORMED[name])
    answer = faulty.query(PAYMENT, faulty.consent())
    assert answer.status == 502 and problem(answer) == "source_malformed", answer


@pytest.mark.parametrize("options", [
    {"content_type": "text/html"}, {"content_type": None}, {"content_type": "application/jsonx"},
    {"extra": [("content-encoding", "gzip")]}, {"extra": [("content-encoding", "br")]},
    {"extra": [("content-type", "application/json")]},
])
def test_an_answer_that_is_no_json_document(faulty, options):
    faulty.source.answers[PATH] = document(gzip.compress(rows(1)), **options)
    answer = faulty.query(PAYMENT, faulty.consent())
    assert answer.status == 502 and problem(answer) == "source_malformed", answer


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_spellings_of_json(faulty, content_type):
    faulty.source.answers[PATH] = document(rows(1), content_type=content_type)
    assert faulty.query(PAYMENT, faulty.consent()).status == 200


def test_a_fault_of_the_source_gives_the_use_back(faulty):
    token = faulty.consent(fetch={"max_total": 3})
    faulty.register(token)
    faulty.source.answers[PATH] = document(b"{", status=500)
    for _ in range(5):
        assert faulty.query(PAYMENT, token).status == 502
    assert uses_left(faulty, token) == 3
    faulty.source.answers[PATH] = document(rows(1))
    assert faulty.query(PAYMENT, token).status == 200
    faulty.source.answers[PATH] = document(b"{}", status=404)
    assert faulty.query(PAYMENT, token).status == 404
    assert uses_left(faulty, token) == 1, "no data is an answer, not a fault"


def test_a_source_that_does_not_answer(faulty):
    faulty.source.answers[PATH] = lambda connection, stream: time.sleep(3)
    asked = time.monotonic()
    answer = faulty.query(PAYMENT, faulty.consent())
    assert answer.status == 504 and problem(answer) == "source_timeout", answer
    assert 0.6 < time.monotonic() - asked < 2.5


def test_a_source_that_is_not_there(make_gateway):
    gateway = make_gateway()
    gateway.start()
    answer = gateway.query(PAYMENT, gateway.consent())
    assert answer.status == 503 and problem(answer) == "source_unavailable", answer


def test_a_source_whose_certificate_is_anothers(make_gateway, openssl, tmp_path):
    gateway = make_gateway()
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "1",
            "-keyout", tmp_path / "k", "-out", tmp_path / "c")
    source = Source(tmp_path / "c", tmp_path / "k")
    source.answers[PATH] = document(rows(1))
    gateway.use_source("tax", source.port)
    gateway.start()
    answer = gateway.query(PAYMENT, gateway.consent())
    assert answer.status == 503 and problem(answer) == "source_unavailable", answer
    assert not source.requests
    source.stop()


def send_part_then(faulty, act):
    """64 KiB in order, then `act`: HEADERS and bytes have left by then."""
    def answer(connection, stream):
        connection.head(stream)
        connection.data(stream, HEAD + b",".join([ROW] * 800))
        act(connection, stream)
    faulty.source.answers[PATH] = answer


@pytest.mark.parametrize("name, act", [
    ("reset", lambda connection, stream: connection.reset(stream)),
    ("hang up", lambda connection, stream: connection.socket.shutdown(socket.SHUT_RDWR)),
    ("garbage", lambda connection, stream: connection.data(stream, b"}}}", end=True)),
    ("end early", lambda connection, stream: connection.data(stream, b",", end=True)),
])
def test_a_fault_in_the_middle_is_a_reset_never_a_whole_answer(faulty, name, act):
    send_part_then(faulty, act)
    answer = faulty.query(PAYMENT, faulty.consent())
    assert answer.status == 200 and answer.reset is not None and not answer.trailers, answer
    index = log_index(answer)
    wait_for(lambda: len(faulty.records("--from", index)) > 1)
    outcome = next(r["detail"] for r in faulty.records("--from", index + 1)
                   if r["detail"].get("access_id") == answer.headers["access-id"])
    assert outcome["fault"] in ("source_malformed", "source_unavailable")
    assert outcome["bytes"] >= len(answer.body) > 0 and "body_sha256" not in outcome


def test_a_bank_that_hangs_up_stops_the_source(faulty):
    def endless(connection, stream):
        connection.head(stream)
        connection.data(stream, HEAD + b",".join([ROW] * 1000000))
    faulty.source.answers[PATH] = endless
    resets = faulty.source.resets
    bank = faulty.bank()
    stream = bank.send("GET", PAYMENT, access(faulty.consent()))
    while len(bank.answers[stream].body) < 50000:
        bank.pump(5)
    index = log_index(bank.answers[stream])
    bank.close()
    wait_for(lambda: faulty.source.resets > resets)
    wait_for(lambda: len(faulty.records("--from", index)) > 1)
    outcome = next(r["detail"] for r in faulty.records("--from", index + 1)
                   if r["record"]["kind"] == "outcome")
    assert outcome["fault"] == "client_gone" and outcome["bytes"] >= 50000


def test_headers_wait_for_little_output_but_not_for_long(faulty):
    """A source that says a little and then pauses: after 200 ms the bank sees it."""
    def answer(connection, stream):
        connection.head(stream)
        connection.data(stream, HEAD + ROW)
        time.sleep(1)
        connection.data(stream, b"]}", end=True)
    faulty.source.answers[PATH] = answer
    with faulty.bank() as bank:
        asked = time.monotonic()
        got = bank.ask("GET", PAYMENT, access(faulty.consent()))
    assert got.status == 200 and got.whole
    assert 0.15 < got.first_byte_at - asked < 0.6


def test_an_early_fault_is_a_clean_502(faulty):
    def answer(connection, stream):
        connection.head(stream)
        connection.data(stream, HEAD + ROW + b"oops", end=True)
    faulty.source.answers[PATH] = answer
    got = faulty.query(PAYMENT, faulty.consent())
    assert got.status == 502 and problem(got) == "source_malformed" and got.whole


def test_a_body_above_the_limit(make_gateway):
    gateway = make_gateway()
    source = Source(gateway.demo("sources/tax.pem"), gateway.demo("sources/tax.key"))
    gateway.use_source("tax", source.port)
    gateway.configure(limits={"max_body_bytes": 5000})
    gateway.start()
    source.answers[PATH] = document(rows(10))
    assert gateway.query(PAYMENT, gateway.consent()).status == 200
    source.answers[PATH] = document(rows(100))
    answer = gateway.query(PAYMENT, gateway.consent())
    assert answer.status == 502 and problem(answer) == "source_malformed", answer
    source.stop()


def test_a_revocation_cuts_an_answer_in_the_middle(faulty):
    """After the acknowledgement no byte is handed over: what the bank still gets had left before."""
    def trickle(connection, stream):
        connection.head(stream)
        connection.data(stream, HEAD)
        for _ in range(2000):
            connection.data(stream, ROW + b",")
            time.sleep(0.005)
    faulty.source.answers[PATH] = trickle
    token = faulty.consent()
    with faulty.bank() as bank:
        stream = bank.send("GET", PAYMENT, access(token))
        while len(bank.answers[stream].body) < 5000:
            bank.pump(5)
        assert faulty.post("/revocations", faulty.revocation(token), bank="bank-b").status == 200
        acknowledged = time.monotonic()
        answer = bank.wait(stream)
    assert answer.reset is not None and not answer.trailers
    assert time.monotonic() - acknowledged < 1
    index = log_index(answer)
    wait_for(lambda: len(faulty.records("--from", index)) > 2)
    outcome = next(r["detail"] for r in faulty.records("--from", index + 1)
                   if r["detail"].get("access_id") == answer.headers["access-id"])
    assert outcome["fault"] == "consent_revoked" and outcome["bytes"] == len(answer.body)


def test_a_revocation_reaches_what_waits_for_a_slow_reader(faulty):
    """Bytes that are redacted and wait for the bank's window do not leave after a revocation."""
    faulty.source.answers[PATH] = document(rows(20000))
    token = faulty.consent()
    with faulty.bank(window=16384) as bank:
        stream = bank.send("GET", PAYMENT, access(token))
        while len(bank.answers[stream].body) < 16384:
            bank.pump(5)
        time.sleep(0.3)
        assert faulty.post("/revocations", faulty.revocation(token), bank="bank-b").status == 200
        bank.h2.increment_flow_control_window(1 << 20)
        bank.h2.increment_flow_control_window(1 << 20, stream)
        bank.flush()
        answer = bank.wait(stream)
    assert answer.reset is not None and len(answer.body) == 16384


def curl(gateway, token, out, *words):
    """A query by curl into a file; the running process."""
    command = ["curl", "-sS", "--http2", *words, "--cacert", gateway.folder / "ca/ca.pem", "--cert",
               gateway.demo("bank-a/bank.pem"), "--key", gateway.demo("bank-a/bank.key"), "-o", out,
               f"https://localhost:{gateway.port}{PAYMENT}"]
    for name, value in access(token):
        command += ["-H", f"{name}: {value}"]
    return subprocess.Popen([str(word) for word in command], stderr=subprocess.PIPE)


@pytest.mark.parametrize("rate", ["1000M", "48M"])
def test_a_large_answer_streams_in_little_memory(make_gateway, tmp_path, rate):
    """256 MB out of a real department, as fast as it goes and through a slow reader: the memory of
    the gateway grows by less than 8 MiB."""
    gateway = make_gateway()
    folder = tmp_path / "htdocs" / "payment"
    folder.mkdir(parents=True)
    n_rows = (256 << 20) // (len(ROW) + 1) + 1
    with open(folder / f"{ENTERPRISE}.json", "wb") as file:
        file.write(HEAD)
        for _ in range(n_rows // 1000):
            file.write((ROW + b",") * 1000)
        file.write(ROW + b"]}")
    gateway.start_department("tax", tmp_path / "htdocs")
    gateway.configure(limits={"max_body_bytes": 400 << 20})
    gateway.start()
    gateway.query(f"/tax/rating/{ENTERPRISE}.json")
    peak = before = gateway.rss_bytes()
    process = curl(gateway, gateway.consent(), tmp_path / "out", "--limit-rate", rate)
    while process.poll() is None:
        peak = max(peak, gateway.rss_bytes())
        time.sleep(0.02)
    assert process.returncode == 0, process.stderr.read()
    assert os.path.getsize(tmp_path / "out") > 200 << 20
    assert peak - before < 8 << 20, f"grew by {(peak - before) >> 10} KiB"
    outcome = gateway.records()[-1]["detail"]
    assert outcome["bytes"] == os.path.getsize(tmp_path / "out") and "fault" not in outcome
