"""The gateway's own resources: consents, revocations, the log; on both listeners.

Covers: gateway/endpoint.c gateway/endpoint_consents.c gateway/endpoint_log.c gateway/ops_content.c
"""
import base64
import hashlib
import json
import time

import pytest

from gateway import (ENTERPRISE, PAYMENT, access, b64url, log_index, name_of, payload_of, problem,
                     wait_for)


def show(gw, token, bank="bank-a"):
    iss, jti = name_of(token).split(";")
    with gw.bank(bank) as connection:
        return connection.ask("GET", f"/consents/{iss}/{jti}")


def post_public(gw, path, token):
    with gw.stranger() as connection:
        return connection.ask("POST", path, [("content-type", "application/jwt")], token.encode())


def test_registering_is_answered_when_record_and_registry_are_durable(gw):
    token = gw.consent(fetch={"max_total": 7, "per": {"unit": "day", "count": 3}})
    answer = gw.post("/consents", token)
    assert answer.status == 201, answer
    body = json.loads(answer.body)
    assert f"{body['iss']};{body['jti']}" == name_of(token) and body["state"] == "active"
    assert body["exp"] == payload_of(token)["exp"]
    assert body["uses"]["left"] == 7 and body["uses"]["window_left"] == 3
    assert body["uses"]["window_ends"] > time.time()
    record = gw.records()[-1]
    assert record["record"]["kind"] == "grant" and record["detail"]["jti"] == body["jti"]
    sha256 = b64url(hashlib.sha256(token.encode()).digest())
    assert record["detail"]["token_sha256"] == sha256


def test_registering_twice_is_one_act(gw):
    token = gw.consent()
    assert gw.post("/consents", token).status == 201
    n = len(gw.records())
    assert gw.post("/consents", token).status == 201
    assert len(gw.records()) == n


def test_another_payload_under_the_same_id_is_a_conflict(gw):
    jti = b64url(b"k" * 24)
    assert gw.post("/consents", gw.consent(jti=jti)).status == 201
    answer = gw.post("/consents", gw.consent(jti=jti))
    assert answer.status == 409 and problem(answer) == "jti_conflict"


def test_uses_are_counted_down(gw):
    token = gw.consent(fetch={"max_total": 5})
    gw.register(token)
    assert gw.query(PAYMENT, token).status == 200
    assert gw.query(PAYMENT, name_of(token)).status == 200
    assert json.loads(show(gw, token).body)["uses"]["left"] == 3


def test_another_banks_consent_is_unknown(gw):
    token = gw.consent()
    gw.register(token)
    assert show(gw, token).status == 200
    foreign = show(gw, token, "bank-b")
    with gw.bank() as connection:
        unknown = connection.ask("GET", f"/consents/uscc:{ENTERPRISE}/{b64url(b'u' * 24)}")
        malformed = connection.ask("GET", "/consents/x/y")
    assert foreign.status == unknown.status == malformed.status == 404
    assert foreign.body == unknown.body == malformed.body


@pytest.mark.parametrize("listener", ["banks", "public"])
def test_a_revocation_is_durable_and_in_force_when_it_is_answered(gw, listener):
    token = gw.consent()
    gw.register(token)
    revocation = gw.revocation(token)
    answer = (gw.post if listener == "banks" else lambda *a: post_public(gw, *a))("/revocations",
                                                                                 revocation)
    assert answer.status == 200 and json.loads(answer.body)["state"] == "revoked", answer
    record = gw.records()[-1]
    assert record["record"]["kind"] == "revoke" and record["detail"]["reason"] == "withdrawn"
    assert problem(gw.query(PAYMENT, token)) == "consent_revoked"
    assert json.loads(show(gw, token).body)["state"] == "revoked"
    gw.kill()
    gw.start()
    assert problem(gw.query(PAYMENT, token)) == "consent_revoked"
    assert gw.post("/revocations", revocation).status == 200, "sent again it is the same act"


def test_a_revocation_may_come_before_its_consent(gw):
    token = gw.consent()
    assert gw.post("/revocations", gw.revocation(token)).status == 200
    assert problem(gw.query(PAYMENT, token)) == "consent_revoked"


def test_a_consent_may_be_registered_by_anyone_who_has_it(gw):
    token = gw.consent()
    assert post_public(gw, "/consents", token).status == 201
    assert gw.query(PAYMENT, name_of(token)).status == 200


@pytest.mark.parametrize("path, change, status, code", [
    ("/consents", {"aud": "https://elsewhere.example"}, 403, "audience_mismatch"),
    ("/consents", {"exp": int(time.time()) - 5, "nbf": int(time.time()) - 50,
                   "iat": int(time.time()) - 50}, 403, "consent_expired"),
    ("/consents", {"ver": 2}, 400, "consent_malformed"),
    ("/revocations", {}, 400, "consent_malformed"),
])
def test_a_token_that_is_refused(gw, path, change, status, code):
    answer = gw.post(path, gw.consent(**change))
    assert answer.status == status and problem(answer) == code, answer


def test_a_revocation_is_no_consent(gw):
    answer = gw.post("/consents", gw.revocation(gw.consent()))
    assert answer.status == 400 and problem(answer) == "consent_malformed"


def test_a_status_token_is_recognised_and_refused(gw):
    token = gw.sign({**gw.claims}, typ="consent-status+jwt")
    assert gw.post("/revocations", token).status == 400


def test_a_body_above_16_kib(gw):
    answer = gw.post("/consents", "a" * 16385)
    assert answer.status == 413 and problem(answer) == "body_too_large"


@pytest.mark.parametrize("method, path, status", [
    ("GET", "/consents", 405), ("PUT", "/revocations", 405), ("POST", "/log/checkpoint", 405),
    ("GET", "/log", 404), ("GET", "/log/", 404), ("GET", "/consents/", 404),
    ("GET", "/revocations/x", 404), ("GET", "/log/checkpoint?x=1", 404),
    ("GET", "/log/proof/", 404), ("GET", "/log/proof/01", 404), ("GET", "/log/proof/x", 404),
    ("GET", "/log/proof/99999999999", 404), ("GET", "/log/record/-1", 404),
    ("GET", "/log/tile/0/1000", 404), ("GET", "/log/tile/0/00", 404), ("GET", "/log/tile/a/000", 404),
    ("GET", "/log/tile/64/000", 404), ("GET", "/log/tile/0/000.p/0", 404),
    ("GET", "/log/tile/0/000.p/257", 404), ("GET", "/log/tile/0/x001", 404),
    ("GET", "/log/tile/../../keys/log.key", 404),
])
def test_what_is_no_resource(gw, method, path, status):
    with gw.bank() as connection:
        answer = connection.ask(method, path)
    assert answer.status == status, answer


def test_the_checkpoint_is_a_signed_note(gw):
    gw.query(PAYMENT)
    with gw.bank() as bank, gw.stranger() as stranger:
        notes = [connection.ask("GET", "/log/checkpoint") for connection in (bank, stranger)]
    for note in notes:
        assert note.status == 200 and note.headers["content-type"].startswith("text/plain")
        origin, size, root, empty, signature = note.body.decode().split("\n")[:5]
        assert origin == gw.config["origin"] and int(size) > 0 and empty == ""
        assert len(base64.b64decode(root)) == 32
        assert signature.startswith(f"\N{EM DASH} {origin} ")


def covered(gw, index):
    with gw.bank() as bank:
        note = bank.ask("GET", "/log/checkpoint").body.decode()
    return int(note.split("\n")[1]) > index


def leaf_hash(data):
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(index, size, leaf, path):
    """RFC 6962 2.1.1, written down a second time."""
    node, last, at = leaf, size - 1, index
    for sibling in path:
        if at % 2 == 1 or at == last:
            node = node_hash(sibling, node)
            while at % 2 == 0 and at:
                at, last = at // 2, last // 2
        else:
            node = node_hash(node, sibling)
        at, last = at // 2, last // 2
    assert last == 0
    return node


def test_a_proof_leads_from_the_record_to_the_checkpoint(gw):
    answer = gw.query(PAYMENT, gw.consent())
    index = log_index(answer)
    wait_for(lambda: covered(gw, index))
    with gw.bank() as bank:
        proof = bank.ask("GET", f"/log/proof/{index}")
        record = bank.ask("GET", f"/log/record/{index}")
    assert proof.status == record.status == 200, (proof, record)
    lines = proof.body.decode().split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1" and f"index {index}" in lines
    at = lines.index(f"index {index}") + 1
    end = lines.index("", at)
    path = [base64.b64decode(line) for line in lines[at:end]]
    origin, size, root = lines[end + 1:end + 4]
    assert origin == gw.config["origin"]
    leaf = record.body[record.body.index(b'"record":') + 9:].rstrip()[:-1]
    assert root_of(index, int(size), leaf_hash(leaf), path) == base64.b64decode(root)


def test_a_record_is_opened_for_its_bank_alone(gw):
    index = log_index(gw.query(PAYMENT, gw.consent()))
    wait_for(lambda: covered(gw, index))
    with gw.bank() as bank:
        mine = bank.ask("GET", f"/log/record/{index}")
    with gw.bank("bank-b") as bank:
        theirs = bank.ask("GET", f"/log/record/{index}")
        nobodys = bank.ask("GET", "/log/record/0")
    assert mine.status == 200 and json.loads(mine.body)["detail"]["purpose"] == "pre_loan"
    assert theirs.status == nobodys.status == 404 and theirs.body == nobodys.body


def test_tiles_hold_the_leaves_hashes(gw):
    index = log_index(gw.query(PAYMENT))
    wait_for(lambda: covered(gw, index))
    with gw.stranger() as stranger:
        tile = stranger.ask("GET", f"/log/tile/0/000.p/{index + 1}")
    assert tile.status == 200 and len(tile.body) == 32 * (index + 1)
    with gw.bank() as bank:
        body = bank.ask("GET", f"/log/record/{index}").body
    leaf = body[body.index(b'"record":') + 9:].rstrip()[:-1]
    assert tile.body[-32:] == leaf_hash(leaf)


@pytest.mark.parametrize("path", [PAYMENT, "/consents/x/y", "/log/proof/0", "/log/record/0", "/",
                                  "/reports/x"])
def test_the_public_listener_serves_no_more(gw, path):
    with gw.stranger() as stranger:
        answer = stranger.ask("GET", path, access(gw.consent()))
    assert answer.status == 404 and problem(answer) == "route_unknown"
    assert "access-log" not in answer.headers


def test_strangers_are_limited(make_gateway):
    gateway = make_gateway()
    gateway.configure(workers=1)
    gateway.start()
    time.sleep(1.5)  # the first checkpoint stands
    with gateway.stranger() as stranger:
        statuses = [stranger.ask("GET", "/log/checkpoint").status for _ in range(80)]
    assert statuses[:50] == [200] * 50 and 429 in statuses
    assert gateway.metric("noise_total") >= statuses.count(429)


def test_the_ops_listener(gw):
    assert gw.ops("/healthz") == (200, "ok\n")
    assert gw.ops("/readyz") == (200, "ready\n")
    status, text = gw.ops("/metrics")
    assert status == 200 and "# TYPE hufu_accesses_allowed_total counter" in text
    assert gw.metric("log_records") == len(gw.records())
    assert ENTERPRISE not in text
    assert gw.ops("/tax/payment")[0] == 404
