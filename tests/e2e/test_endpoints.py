"""The gateway's own resources: consents, revocations, the log; on both listeners.

Covers: gateway/endpoint.c gateway/endpoint_consents.c gateway/endpoint_log.c gateway/ops_content.c
"""
import base64
import hashlib
import json
import time

import pytest

from support.deployment import A, PAYMENT, consent_fields, running, wait_for
from support.tokens import b64url, jti_of, name_of, payload_of


@pytest.fixture(scope="module")
def gw():
    """Of these tests alone: they count its records, and one of them kills it."""
    with running() as deployment:
        yield deployment


def show(gw, token, bank="a"):
    return gw.ask(f"/consents/uscc:{A}/{jti_of(token)}", bank)


def test_registering_is_answered_when_record_and_registry_are_durable(gw):
    token = gw.token(fetch={"max_total": 7, "per": {"unit": "day", "count": 3}})
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
    token = gw.token()
    assert gw.register(token).status == 201
    n = len(gw.records())
    assert gw.post("/consents", token).status == 201
    assert len(gw.records()) == n


def test_another_payload_under_the_same_id_is_a_conflict(gw):
    jti = b64url(b"k" * 24)
    assert gw.post("/consents", gw.token(jti=jti)).status == 201
    answer = gw.post("/consents", gw.token(jti=jti))
    assert answer.status == 409 and answer.code == "jti_conflict"


def test_uses_are_counted_down(gw):
    token = gw.token(fetch={"max_total": 5})
    assert gw.register(token).status == 201
    assert gw.ask(PAYMENT, consent=token).status == 200
    assert gw.ask(PAYMENT, consent=name_of(token)).status == 200
    assert json.loads(show(gw, token).body)["uses"]["left"] == 3


def test_another_banks_consent_is_unknown(gw):
    token = gw.token()
    assert gw.register(token).status == 201
    assert show(gw, token).status == 200
    foreign = show(gw, token, "b")
    unknown = gw.ask(f"/consents/uscc:{A}/{b64url(b'u' * 24)}")
    malformed = gw.ask("/consents/x/y")
    assert foreign.status == unknown.status == malformed.status == 404
    assert foreign.body == unknown.body == malformed.body


@pytest.mark.parametrize("bank", ["a", None], ids=["banks", "public"])
def test_a_revocation_is_durable_and_in_force_when_it_is_answered(gw, bank):
    token = gw.token()
    assert gw.register(token).status == 201
    revocation = gw.revocation(token)
    answer = gw.post("/revocations", revocation, bank)
    assert answer.status == 200 and json.loads(answer.body)["state"] == "revoked", answer
    record = gw.records()[-1]
    assert record["record"]["kind"] == "revoke" and record["detail"]["reason"] == "withdrawn"
    assert gw.ask(PAYMENT, consent=token).code == "consent_revoked"
    assert json.loads(show(gw, token).body)["state"] == "revoked"
    gw.kill()
    gw.start()
    assert gw.ask(PAYMENT, consent=token).code == "consent_revoked"
    assert gw.post("/revocations", revocation).status == 200, "sent again it is the same act"


def test_a_revocation_may_come_before_its_consent(gw):
    token = gw.token()
    assert gw.revoke(token).status == 200
    assert gw.ask(PAYMENT, consent=token).code == "consent_revoked"


def test_a_consent_may_be_registered_by_anyone_who_has_it(gw):
    token = gw.token()
    assert gw.post("/consents", token, bank=None).status == 201
    assert gw.ask(PAYMENT, consent=name_of(token)).status == 200


@pytest.mark.parametrize("path, change, status, code", [
    ("/consents", {"aud": "https://elsewhere.example"}, 403, "audience_mismatch"),
    ("/consents", {"exp": int(time.time()) - 5, "nbf": int(time.time()) - 50,
                   "iat": int(time.time()) - 50}, 403, "consent_expired"),
    ("/consents", {"ver": 2}, 400, "consent_malformed"),
    ("/revocations", {}, 400, "consent_malformed"),
])
def test_a_token_that_is_refused(gw, path, change, status, code):
    answer = gw.post(path, gw.token(**change))
    assert answer.status == status and answer.code == code, answer


def test_a_revocation_is_no_consent(gw):
    answer = gw.post("/consents", gw.revocation(gw.token()))
    assert answer.status == 400 and answer.code == "consent_malformed"


def test_a_status_token_is_recognised_and_refused(gw):
    token = gw.enterprise.sign(gw.claims(), typ="consent-status+jwt")
    assert gw.post("/revocations", token).status == 400


def test_a_body_above_16_kib(gw):
    answer = gw.post("/consents", "a" * 16385)
    assert answer.status == 413 and answer.code == "body_too_large"


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
    answer = gw.ask(path, method=method)
    assert answer.status == status, answer


def test_the_checkpoint_is_a_signed_note(gw):
    gw.ask(PAYMENT)
    with gw.client() as bank, gw.stranger() as stranger:
        notes = [connection.ask("/log/checkpoint") for connection in (bank, stranger)]
    for note in notes:
        assert note.status == 200 and note.fields["content-type"].startswith("text/plain")
        origin, size, root, empty, signature = note.body.decode().split("\n")[:5]
        assert origin == gw.origin and int(size) > 0 and empty == ""
        assert len(base64.b64decode(root)) == 32
        assert signature.startswith(f"\N{EM DASH} {origin} ")


def covered(gw, index):
    note = gw.ask("/log/checkpoint").body.decode()
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
    answer = gw.ask(PAYMENT, consent=gw.token())
    index = answer.index
    wait_for(lambda: covered(gw, index))
    proof = gw.ask(f"/log/proof/{index}")
    record = gw.ask(f"/log/record/{index}")
    assert proof.status == record.status == 200, (proof, record)
    lines = proof.body.decode().split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1" and f"index {index}" in lines
    at = lines.index(f"index {index}") + 1
    end = lines.index("", at)
    path = [base64.b64decode(line) for line in lines[at:end]]
    origin, size, root = lines[end + 1:end + 4]
    assert origin == gw.origin
    leaf = record.body[record.body.index(b'"record":') + 9:].rstrip()[:-1]
    assert root_of(index, int(size), leaf_hash(leaf), path) == base64.b64decode(root)


def test_a_record_is_opened_for_its_bank_alone(gw):
    index = gw.ask(PAYMENT, consent=gw.token()).index
    wait_for(lambda: covered(gw, index))
    mine = gw.ask(f"/log/record/{index}")
    theirs = gw.ask(f"/log/record/{index}", "b")
    nobodys = gw.ask("/log/record/0", "b")
    assert mine.status == 200 and json.loads(mine.body)["detail"]["purpose"] == "pre_loan"
    assert theirs.status == nobodys.status == 404 and theirs.body == nobodys.body


def test_an_outcome_that_was_told_is_opened_with_its_access(gw):
    index = gw.ask(PAYMENT, consent=gw.token()).index
    wait_for(lambda: covered(gw, index + 1))
    access, outcome = (json.loads(gw.ask(f"/log/record/{i}").body) for i in (index, index + 1))
    assert outcome["record"]["kind"] == "outcome"
    assert outcome["record"]["commit"] == access["record"]["commit"], "a busy machine: two details"
    assert outcome["detail"] == access["detail"]
    assert gw.ask(f"/log/record/{index + 1}", "b").status == 404


def test_tiles_hold_the_leaves_hashes(gw):
    index = gw.ask(PAYMENT).index
    wait_for(lambda: covered(gw, index))
    with gw.stranger() as stranger:
        tile = stranger.ask(f"/log/tile/0/000.p/{index + 1}")
    assert tile.status == 200 and len(tile.body) == 32 * (index + 1)
    body = gw.ask(f"/log/record/{index}").body
    leaf = body[body.index(b'"record":') + 9:].rstrip()[:-1]
    assert tile.body[-32:] == leaf_hash(leaf)


@pytest.mark.parametrize("path", [PAYMENT, "/consents/x/y", "/log/proof/0", "/log/record/0", "/",
                                  "/reports/x"])
def test_the_public_listener_serves_no_more(gw, path):
    with gw.stranger() as stranger:
        answer = stranger.ask(path, consent_fields(gw.token()))
    assert answer.status == 404 and answer.code == "route_unknown"
    assert "access-log" not in answer.fields


def test_strangers_are_limited(deploy):
    gateway = deploy(workers=1).start()
    time.sleep(1.5)  # the first checkpoint stands
    with gateway.stranger() as stranger:
        statuses = [stranger.ask("/log/checkpoint").status for _ in range(80)]
    assert statuses[:50] == [200] * 50 and 429 in statuses
    assert gateway.metric("hufu_noise_total") >= statuses.count(429)


def test_the_ops_listener(gw):
    for path, said in (("/healthz", "ok\n"), ("/readyz", "ready\n")):
        assert gw.ops(path) == 200 and gw.ops(path, text=True) == said
    text = gw.ops("/metrics", text=True)
    assert gw.ops("/metrics") == 200 and "# TYPE hufu_accesses_allowed_total counter" in text
    assert gw.metric("hufu_log_records") == len(gw.records())
    before = gw.metric("hufu_consent_cache_hits_total"), gw.metric("hufu_consent_cache_misses_total")
    token = gw.token()
    with gw.client() as client:
        for _ in range(3):
            assert client.ask(PAYMENT, consent_fields(token)).status == 200
    after = gw.metric("hufu_consent_cache_hits_total"), gw.metric("hufu_consent_cache_misses_total")
    assert after == (before[0] + 2, before[1] + 1)
    assert A not in text
    assert gw.ops("/tax/payment") == 404
