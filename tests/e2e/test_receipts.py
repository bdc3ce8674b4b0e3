"""Receipts: given at a registration, had again with a proof, verified by the published keys alone.

Covers: gateway/endpoint_receipt.c gateway/signer.c cli/receipt.c cli/keys_file.c cli/consent_ask.c
"""

import base64
import hashlib
import json
import os
import time

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jwcrypto import jwk as peer_jwk

from e2e.test_request_proof import AHEAD_S, MINE, proof, read
from support import tokens
from support.deployment import A, B


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    from support.deployment import Deployment
    with Deployment(tmp_path_factory.mktemp("receipts")) as gateway:
        gateway.start()
        time.sleep(AHEAD_S + 1)  # what is dated earlier may have been used before the start
        yield gateway


def keys_of(gateway):
    answer = gateway.ask("/keys", None, port=gateway.public_port)
    assert answer.status == 200 and answer.fields["content-type"] == "application/jwk-set+json"
    return answer.json["keys"]


def verified(receipt, keys, typ="consent-receipt+jwt"):
    """The claims, by an Ed25519 that is not ours and keys as the gateway publishes them."""
    header, payload, signature = receipt.split(".")
    head = json.loads(tokens.unb64url(header))
    assert (head["typ"], sorted(head)) == (typ, ["alg", "kid", "typ"])
    key = next(key for key in keys if key["kid"] == head["kid"])
    assert peer_jwk.JWK(**{n: v for n, v in key.items() if n not in ("kid", "alg")}).thumbprint() == key["kid"]
    public = Ed25519PublicKey.from_public_bytes(tokens.unb64url(key["x"]))
    public.verify(tokens.unb64url(signature), f"{header}.{payload}".encode())
    return json.loads(tokens.unb64url(payload))


def receipt_of(gateway, token):
    """A second after a start at the earliest: the proof is dated as far ahead as it may be."""
    path = f"{MINE}/{tokens.jti_of(token)}/receipt"
    answer = read(gateway, path, proof(gateway, path, iat=int(time.time()) + AHEAD_S))
    assert (answer.status, answer.fields["content-type"]) == (200, "application/jwt"), answer
    return answer.body.decode()


def events_of(receipt):
    return [event["event"] for event in receipt["events"]]


# ---- what it says ----

@pytest.mark.smoke
def test_who_registers_is_given_a_receipt(office):
    token = office.token()
    claims = tokens.payload_of(token)
    before = int(time.time())
    answer = office.register(token, bank=None)
    assert answer.status == 201, answer
    receipt = verified(answer.json["receipt"], keys_of(office))
    assert receipt["ver"] == 1 and receipt["schema_version"] == "ISO/IEC TS 27560:2023"
    assert receipt["iss"] == office.url and before <= receipt["iat"] <= time.time()
    assert receipt["record_id"] == tokens.name_of(token)
    assert receipt["pii_principal_id"] == "uscc:" + A
    assert receipt["notice"] == claims["notice"] and receipt["purposes"] == claims["purposes"]
    assert receipt["lawful_basis"] == "consent"
    assert receipt["pii_information"] == claims["authorization_details"]
    assert receipt["pii_controllers"] == ["tax", "samr"]
    assert receipt["recipient"] == claims["rcpt"]
    assert receipt["retention_days"] == claims["data_life_days"]
    assert (receipt["nbf"], receipt["exp"]) == (claims["nbf"], claims["exp"])
    assert receipt["withdrawal"] == {"method": "POST", "typ": "consent-revocation+jwt",
                                     "uri": f"https://localhost:{office.public_port}/revocations"}
    assert receipt["consent_sha256"] == tokens.b64url(hashlib.sha256(token.encode()).digest())
    assert receipt["state"] == "active" and events_of(receipt) == ["given"]
    assert before <= receipt["events"][0]["time"] <= time.time()


def test_it_names_the_record_of_the_log(office):
    token = office.token()
    receipt = verified(office.register(token, bank=None).json["receipt"], keys_of(office))
    assert receipt["log"]["origin"] == office.origin
    record = office.record(receipt["log"]["index"])
    assert record["record"]["kind"] == "grant" and record["detail"]["jti"] == tokens.jti_of(token)
    assert record["detail"]["token_sha256"] == receipt["consent_sha256"]


def test_a_bank_that_registers_is_given_one_too_and_reads_none_later(office):
    token = office.token()
    receipt = verified(office.register(token).json["receipt"], keys_of(office))
    assert receipt["record_id"] == tokens.name_of(token)
    path = f"{MINE}/{tokens.jti_of(token)}/receipt"
    assert office.ask(path).code == "route_unknown"
    assert read(office, path, bank="a").code == "route_unknown"


def test_the_withdrawal_that_it_names_ends_the_consent(office):
    token = office.token()
    receipt = verified(office.register(token, bank=None).json["receipt"], keys_of(office))
    where = receipt["withdrawal"]["uri"]
    assert where.startswith(f"https://localhost:{office.public_port}/")
    assert office.revoke(token, bank=None).status == 200
    assert verified(receipt_of(office, token), keys_of(office))["state"] == "revoked"


# ---- later ----

def status_word(gateway, token, state, iat):
    claims = {"ver": 1, "iss": gateway.enterprise.iss, "aud": gateway.url, "jti": tokens.new_jti(),
              "revokes": tokens.jti_of(token), "iat": iat, "state": state}
    return gateway.enterprise.sign(claims, typ="consent-status+jwt")


def test_every_event_is_told_with_its_time(office):
    token, now = office.token(), int(time.time())
    assert office.register(token, bank=None).status == 201
    for back, state in ((30, "paused"), (29, "active"), (28, "paused")):
        assert office.post("/revocations", status_word(office, token, state, now - back), None).status == 200
    receipt = verified(receipt_of(office, token), keys_of(office))
    assert events_of(receipt) == ["given", "paused", "resumed", "paused"]
    assert receipt["state"] == "paused"
    assert office.revoke(token, bank=None).status == 200
    receipt = verified(receipt_of(office, token), keys_of(office))
    assert events_of(receipt) == ["given", "paused", "resumed", "paused", "revoked"]
    times = [event["time"] for event in receipt["events"]]
    assert times == sorted(times) and now <= times[0] and times[-1] <= time.time()


def test_of_many_pauses_the_last_are_told_and_the_others_counted(deploy):
    gateway = deploy()
    gateway.start()
    time.sleep(1)
    token, now = gateway.token(), int(time.time())
    assert gateway.register(token, bank=None).status == 201
    for i in range(20):
        state = "paused" if i % 2 == 0 else "active"
        answer = gateway.post("/revocations", status_word(gateway, token, state, now - 40 + i), "a")
        assert answer.status == 200, answer
        if i == 10:
            time.sleep(6)  # what one grantor may say at once is bounded
    receipt = verified(receipt_of(gateway, token), keys_of(gateway))
    assert events_of(receipt) == ["given"] + ["paused", "resumed"] * 8
    assert receipt["events_omitted"] == 4


def test_expiry_is_an_event(office):
    token = office.token(exp=int(time.time()) + 2)
    assert office.register(token, bank=None).status == 201
    time.sleep(2.1)
    receipt = verified(receipt_of(office, token), keys_of(office))
    assert receipt["state"] == "expired" and events_of(receipt) == ["given", "expired"]
    assert receipt["events"][1]["time"] == tokens.payload_of(token)["exp"]


def test_a_receipt_outlives_a_restart(deploy):
    gateway = deploy()
    gateway.start()
    token = gateway.token()
    first = verified(gateway.register(token, bank=None).json["receipt"], keys_of(gateway))
    assert gateway.revoke(token, bank=None).status == 200
    gateway.kill()
    gateway.start()
    time.sleep(1)
    later = verified(receipt_of(gateway, token), keys_of(gateway))
    assert (later["log"], later["consent_sha256"]) == (first["log"], first["consent_sha256"])
    assert events_of(later) == ["given", "revoked"]


def test_registered_again_it_is_given_again(office):
    token = office.token()
    first = verified(office.register(token, bank=None).json["receipt"], keys_of(office))
    again = verified(office.register(token, bank=None).json["receipt"], keys_of(office))
    assert {**first, "iat": 0} == {**again, "iat": 0}


# ---- whose it is ----

def test_a_receipt_is_the_grantors_alone(office):
    token = office.token()
    assert office.register(token, bank=None).status == 201
    path = f"{MINE}/{tokens.jti_of(token)}/receipt"
    assert office.ask(path, None, port=office.public_port).code == "route_unknown"
    other = office.add_grantor("uscc:" + B)
    office.reload()
    assert read(office, path, proof(office, path, other)).code == "route_unknown"
    short = f"{MINE}/{tokens.jti_of(token)}"
    answer = read(office, path, proof(office, short))
    assert (answer.code, answer.problem["attribute"]) == ("proof_invalid", "htu")


def test_there_is_none_of_what_was_never_registered(office):
    for tail in (f"/{tokens.new_jti()}/receipt", "/receipt", "//receipt", "/x/receipt"):
        assert read(office, MINE + tail).code == "route_unknown", tail


# ---- keys ----

def test_the_keys_are_for_everybody(office):
    keys = keys_of(office)
    assert len(keys) == 1 and "d" not in keys[0] and keys[0]["kty"] == "OKP"
    assert office.ask("/keys").json["keys"] == keys
    assert office.ask("/keys", None, method="DELETE", port=office.public_port).code == "method_denied"


def test_a_key_that_was_replaced_is_still_published(deploy):
    gateway = deploy()
    gateway.start()
    token = gateway.token()
    old = gateway.register(token, bank=None).json["receipt"]
    gateway.stop()
    key = gateway.dir / "keys" / "gateway.key"
    (gateway.dir / "keys" / "retired").mkdir()
    shown = gateway.hufu("key", "show", "--json", key).stdout
    (gateway.dir / "keys" / "retired" / "2026.jwk").write_text(shown)
    key.unlink()
    gateway.hufu("key", "new", "--alg", "Ed25519", "--out", key)
    gateway.start()
    time.sleep(1)
    keys = keys_of(gateway)
    assert len(keys) == 2 and keys[1] == json.loads(shown)
    assert verified(old, keys)["record_id"] == tokens.name_of(token)
    new = receipt_of(gateway, token)
    assert json.loads(tokens.unb64url(new.split(".")[0]))["kid"] == keys[0]["kid"]
    assert verified(new, keys)["consent_sha256"] == verified(old, keys)["consent_sha256"]


def test_without_a_key_it_does_not_start_and_says_how_to_make_one(deploy):
    gateway = deploy()
    key = gateway.dir / "keys" / "gateway.key"
    key.unlink()
    from support.deployment import HUFUD
    import subprocess
    done = subprocess.run([HUFUD, "--config", gateway.dir / "hufud.json", "--check"], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 4 and "keys/gateway.key" in done.stderr
    assert "hufu key new --alg Ed25519 --out" in done.stderr
    gateway.hufu("key", "new", "--alg", "Ed25519", "--out", key)
    os.chmod(key, 0o644)
    done = subprocess.run([HUFUD, "--config", gateway.dir / "hufud.json", "--check"], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 1 and "keys/gateway.key" in done.stderr


# ---- the tool ----

@pytest.fixture
def kept(office, tmp_path):
    """A registered consent, its receipt and the gateway's keys, as its grantor keeps them."""
    token = office.token()
    receipt = office.register(token, bank=None).json["receipt"]
    (tmp_path / "consent.jwt").write_text(token + "\n")
    (tmp_path / "keys.jwks").write_text(json.dumps({"keys": keys_of(office)}))
    return token, receipt, tmp_path


def verify(office, kept, receipt, *more):
    return office.hufu("receipt", "verify", "-", "--keys", kept[2] / "keys.jwks", "--json", *more,
                       stdin=receipt, check=False)


def test_the_tool_verifies_with_the_keys_alone(office, kept):
    token, receipt, folder = kept
    ran = verify(office, kept, receipt + "\n", "--consent", folder / "consent.jwt", "--aud", office.url)
    assert ran.returncode == 0, ran
    said = json.loads(ran.stdout)
    assert said["verified"] is True and said["jti"] == tokens.jti_of(token) and said["state"] == "active"
    assert [event["event"] for event in said["events"]] == ["given"]
    assert said["data"] == tokens.payload_of(token)["authorization_details"]
    shown = office.hufu("receipt", "show", receipt)
    assert shown.stdout.startswith("verified: no\n")
    one = json.dumps(keys_of(office)[0])
    (folder / "keys.jwks").write_text(one)  # a bare JWK does as well
    assert verify(office, kept, receipt).returncode == 0


def test_the_tool_refuses_what_the_gateway_did_not_sign(office, kept, tmp_path):
    token, receipt, folder = kept
    header, payload, signature = receipt.split(".")
    claims = json.loads(tokens.unb64url(payload))
    forged = ".".join((header, tokens.b64url(tokens.compact({**claims, "state": "revoked"})), signature))
    for bad in (forged, receipt[:-2] + ("AA" if receipt[-2:] != "AA" else "QQ")):
        ran = verify(office, kept, bad)
        assert ran.returncode == 1 and json.loads(ran.stdout)["code"] == "signature_invalid", bad
    stranger = tokens.Grantor("uscc:" + A)
    signed = stranger.sign(claims, typ="consent-receipt+jwt")
    ran = verify(office, kept, signed)
    assert ran.returncode == 1 and json.loads(ran.stdout)["where"] == "header.kid"
    (tmp_path / "other.jwt").write_text(office.token())
    ran = verify(office, kept, receipt, "--consent", tmp_path / "other.jwt")
    assert ran.returncode == 1 and json.loads(ran.stdout)["where"] == "consent_sha256"
    ran = verify(office, kept, receipt, "--aud", "https://other.example.test")
    assert ran.returncode == 1 and json.loads(ran.stdout)["code"] == "audience_mismatch"


@pytest.mark.parametrize("typ", ["consent+jwt", "statuslist+jwt", "request-proof+jwt", "consent-receipt+JWT", "JWT"])
def test_another_kind_of_token_is_no_receipt(office, kept, typ):
    _, receipt, _ = kept
    signer = tokens.Grantor.load("", office.dir / "keys" / "gateway.key")
    claims = json.loads(tokens.unb64url(receipt.split(".")[1]))
    assert verify(office, kept, signer.sign(claims, typ="consent-receipt+jwt")).returncode == 0
    ran = verify(office, kept, signer.sign(claims, typ=typ))
    assert ran.returncode == 1 and json.loads(ran.stdout)["where"] == "header.typ"


def asked(office, *words, check=True):
    return office.hufu(*words[0].split(), *words[1:], f"https://localhost:{office.public_port}", "--key",
                       office.dir / "demo/enterprise/enterprise.key", "--iss", A, "--aud", office.url,
                       "--ca", office.ca, check=check)


def test_the_tool_asks_with_a_proof(office, kept):
    token, _, _ = kept
    listed = json.loads(asked(office, "consent list").stdout)
    assert tokens.jti_of(token) in [consent["jti"] for consent in listed["consents"]]
    one = json.loads(asked(office, "consent ask", "--jti", tokens.jti_of(token)).stdout)
    assert one["state"] == "active" and one["uses"]["left"] == 100
    receipt = asked(office, "receipt get", "--jti", tokens.jti_of(token)).stdout
    assert verify(office, kept, receipt).returncode == 0
    refused = asked(office, "consent ask", "--jti", tokens.new_jti(), check=False)
    assert refused.returncode == 1 and refused.stdout.startswith("deny route_unknown")


def test_the_tool_pages_through_a_list(deploy):
    gateway = deploy()
    gateway.start()
    time.sleep(AHEAD_S + 1)
    for _ in range(3):
        assert gateway.register(gateway.token(), bank=None).status == 201
    consents = json.loads(asked(gateway, "consent list").stdout)["consents"]
    assert len(consents) == 3
    place = f"{consents[0]['exp']:011d};{consents[0]['jti']}"
    rest = json.loads(asked(gateway, "consent list", "--after", place).stdout)["consents"]
    assert rest == consents[1:]


@pytest.mark.parametrize("url", ["http://localhost", "https://localhost:1/consents", "https://", "x"])
def test_the_tool_wants_an_address_without_a_path(hufu, tmp_path, url):
    ran = hufu("consent", "list", url, "--key", "k", "--iss", A, "--aud", "https://g", "--ca", "c")
    assert ran.code == 2, ran


def test_a_changed_signature_is_none_to_the_peer_either(office, kept):
    _, receipt, _ = kept
    header, payload, signature = receipt.split(".")
    raw = bytearray(base64.urlsafe_b64decode(signature + "=="))
    raw[5] ^= 1
    with pytest.raises(InvalidSignature):
        verified(".".join((header, payload, tokens.b64url(bytes(raw)))), keys_of(office))
