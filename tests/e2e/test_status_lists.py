"""Status lists: where everybody reads what has become of a consent, without saying which one.

Covers: gateway/status_board.c cli/status.c cli/status_export.c
"""

import json
import re
import shutil
import time
import zlib

import pytest

from e2e.test_receipts import keys_of, receipt_of, status_word, verified
from e2e.test_request_proof import AHEAD_S, MINE, proof, read
from support import tokens
from support.deployment import wait_for

VALID, INVALID, SUSPENDED = 0, 1, 2
FAST = {"status_interval_ms": 100}


def published(gateway, uri):
    """The claims of a list as a stranger gets it, by peers that are not ours; its entries inflated."""
    prefix = f"https://localhost:{gateway.public_port}"
    assert uri.startswith(prefix + "/status/"), uri
    answer = gateway.ask(uri[len(prefix):], None, port=gateway.public_port, purpose=())
    assert answer.status == 200 and answer.fields["content-type"] == "application/statuslist+jwt", answer
    claims = verified(answer.body.decode(), keys_of(gateway), "statuslist+jwt")
    assert sorted(claims) == ["exp", "iat", "status_list", "sub", "ttl"] and claims["sub"] == uri
    assert claims["iat"] <= time.time() + 1 < claims["exp"]
    assert claims["status_list"]["bits"] == 2
    return claims, zlib.decompress(tokens.unb64url(claims["status_list"]["lst"]))


def value_of(entries, idx):
    return entries[idx // 4] >> idx % 4 * 2 & 3


def status_of(gateway, ref):
    return value_of(published(gateway, ref["uri"])[1], ref["idx"])


def wait_status(gateway, ref, value):
    wait_for(lambda: status_of(gateway, ref) == value, what=f"the list to say {value}")


def register(gateway, **changes):
    token = gateway.token(**changes)
    answer = gateway.register(token, bank=None)
    assert answer.status == 201, answer
    return token, answer.json["status"]["status_list"]


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    from support.deployment import Deployment
    with Deployment(tmp_path_factory.mktemp("status"), limits=FAST) as gateway:
        gateway.start()
        wait_first(gateway)
        yield gateway


def wait_first(gateway):
    _, ref = register(gateway)
    wait_for(lambda: gateway.ask(ref["uri"][ref["uri"].index("/status"):], None, purpose=(),
                                 port=gateway.public_port).status == 200, what="the first lists")


@pytest.mark.smoke
def test_a_revoked_consent_is_invalid_and_its_neighbours_are_not(office):
    token, ref = register(office)
    _, other = register(office)
    wait_status(office, ref, VALID)
    assert office.revoke(token, bank=None).status == 200
    wait_status(office, ref, INVALID)
    entries = published(office, other["uri"])[1]
    assert len(entries) == 32768 and value_of(entries, other["idx"]) == VALID


def test_a_paused_consent_is_suspended_until_it_goes_on(office):
    token, ref = register(office)
    now = int(time.time())
    assert office.post("/revocations", status_word(office, token, "paused", now - 9), None).status == 200
    wait_status(office, ref, SUSPENDED)
    assert office.post("/revocations", status_word(office, token, "active", now - 8), None).status == 200
    wait_status(office, ref, VALID)


def test_what_has_expired_is_invalid(office):
    _, ref = register(office, exp=int(time.time()) + 2)
    wait_status(office, ref, VALID)
    time.sleep(2)
    register(office)  # lists are made anew when something has changed
    wait_status(office, ref, INVALID)


def test_the_end_of_all_is_in_the_lists(deploy):
    gateway = deploy(limits=FAST)
    gateway.start()
    refs = [register(gateway)[1] for _ in range(3)]
    assert gateway.post("/revocations", gateway.enterprise.revoke("*", gateway.url), None).status == 200
    for ref in refs:
        wait_status(gateway, ref, INVALID)


def test_everybody_is_told_the_same_place(office):
    token, ref = register(office)
    assert office.consent_state(token)["status"]["status_list"] == ref  # its bank
    path = f"{MINE}/{tokens.jti_of(token)}"
    mine = read(office, path, proof(office, path, iat=int(time.time()) + AHEAD_S))
    assert mine.json["status"]["status_list"] == ref  # its grantor
    again = office.register(token, bank=None).json
    assert again["status"]["status_list"] == ref
    assert verified(again["receipt"], keys_of(office))["status"]["status_list"] == ref


def test_a_consent_that_was_merely_seen_has_no_place(deploy):
    from support.deployment import PAYMENT
    gateway = deploy(limits=FAST)
    gateway.serve("tax")
    gateway.start()
    token = gateway.token()
    assert gateway.ask(PAYMENT, consent=token).status == 200
    time.sleep(6)
    mine = read(gateway, f"{MINE}/{tokens.jti_of(token)}")
    assert mine.status == 200 and "status" not in mine.json


def test_places_do_not_tell_the_order(office):
    places = [register(office)[1]["idx"] for _ in range(12)]
    assert len(set(places)) == 12 and places != sorted(places) and places != sorted(places)[::-1]
    assert max(places) - min(places) > 1000


def test_a_list_has_one_size_from_the_first_consent_on(deploy):
    gateway = deploy(limits=FAST)
    gateway.start()
    _, ref = register(gateway)
    wait_for(lambda: gateway.ask(ref["uri"][ref["uri"].index("/status"):], None, purpose=(),
                                 port=gateway.public_port).status == 200, what="the first lists")
    assert len(published(gateway, ref["uri"])[1]) == 32768


def test_there_is_no_other_list(office):
    for name in ("", "x", "A" * 22, "../keys", "%2e%2e"):
        assert office.ask(f"/status/{name}", None, purpose=(), port=office.public_port,
                          options=["--path-as-is"]).code == "route_unknown", name
    assert office.ask("/status/" + "A" * 22, None, method="DELETE", purpose=(),
                      port=office.public_port).code == "method_denied"


# ---- what must not be lost ----

def test_places_and_what_they_tell_outlive_a_kill(deploy):
    gateway = deploy(limits=FAST)
    gateway.start()
    gone, ref = register(gateway)
    kept, other = register(gateway)
    assert gateway.revoke(gone, bank=None).status == 200
    gateway.kill()
    gateway.start()
    _, new = register(gateway)
    assert new["uri"] == ref["uri"]  # the list goes on to be filled
    wait_status(gateway, ref, INVALID)
    assert status_of(gateway, other) == VALID
    assert gateway.register(kept, bank=None).json["status"]["status_list"] == other


def test_a_lost_registry_keeps_every_place_by_the_log(deploy):
    gateway = deploy(limits=FAST)
    gateway.start()
    gone, ref = register(gateway)
    kept, other = register(gateway)
    paused, third = register(gateway)
    now = int(time.time())
    assert gateway.revoke(gone, bank=None).status == 200
    assert gateway.post("/revocations", status_word(gateway, paused, "paused", now), None).status == 200
    gateway.stop()
    shutil.rmtree(gateway.dir / "registry")
    gateway.start()
    wait_status(gateway, ref, INVALID)  # and not: unknown, so valid
    assert (status_of(gateway, other), status_of(gateway, third)) == (VALID, SUSPENDED)
    _, new = register(gateway)
    assert new["uri"] != ref["uri"]  # what was lost is never drawn from again
    assert gateway.register(kept, bank=None).json["status"]["status_list"] == other
    assert gateway.revoke(kept, bank=None).status == 200
    wait_status(gateway, other, INVALID)


def test_an_older_copy_of_the_registry_learns_of_places_that_were_given_since(deploy, tmp_path):
    gateway = deploy(limits=FAST)
    gateway.start()
    register(gateway)
    gateway.stop()
    shutil.copytree(gateway.dir / "registry", tmp_path / "copy")
    gateway.start()
    given = [register(gateway) for _ in range(5)]
    assert gateway.revoke(given[0][0], bank=None).status == 200
    gateway.stop()
    shutil.rmtree(gateway.dir / "registry")
    shutil.copytree(tmp_path / "copy", gateway.dir / "registry")
    gateway.start()
    wait_status(gateway, given[0][1], INVALID)
    assert all(status_of(gateway, ref) == VALID for _, ref in given[1:])
    assert register(gateway)[1]["idx"] not in [ref["idx"] for _, ref in given]
    for token, ref in given[1:]:
        assert gateway.register(token, bank=None).json["status"]["status_list"] == ref


# ---- the tool ----

def check(gateway, folder, ref, *more, stdin=None):
    (folder / "keys.jwks").write_text(json.dumps({"keys": keys_of(gateway)}))
    return gateway.hufu("status", "check", ref["uri"], "--idx", ref["idx"], "--keys", folder / "keys.jwks",
                        "--json", *more, stdin=stdin, check=False)


def test_the_tool_looks_a_consent_up(office, tmp_path):
    token, ref = register(office)
    wait_status(office, ref, VALID)
    ran = check(office, tmp_path, ref, "--ca", office.ca)
    assert ran.returncode == 0 and json.loads(ran.stdout)["status"] == "VALID", ran
    assert office.revoke(token, bank=None).status == 200
    wait_status(office, ref, INVALID)
    ran = check(office, tmp_path, ref, "--ca", office.ca)
    assert ran.returncode == 1 and json.loads(ran.stdout)["status"] == "INVALID"
    assert check(office, tmp_path, ref).returncode == 2


def list_text(claims, entries, **changes):
    """A list signed anew over changed claims."""
    packed = {"bits": 2, "lst": tokens.b64url(zlib.compress(entries, 9))}
    return tokens.changed({**claims, "status_list": packed}, changes)


@pytest.fixture
def forger(office, tmp_path):
    """Judges lists that are signed with the gateway's own key: the profile alone stands between."""
    signer = tokens.Grantor.load("", office.dir / "keys" / "gateway.key")
    ref = {"uri": "https://gw.example.test/status/x", "idx": 5}
    now = int(time.time())
    claims = {"sub": ref["uri"], "iat": now, "exp": now + 60, "ttl": 60}

    def judge(entries=bytes(8), typ="statuslist+jwt", idx=5, at=None, key=signer, **changes):
        text = key.sign(list_text(claims, entries, **changes), typ=typ)
        ran = check(office, tmp_path, {**ref, "idx": idx}, "--list", "-", *(["--at", at] if at else []), stdin=text)
        return ran.returncode, json.loads(ran.stdout)
    return judge


def test_a_list_that_holds(forger):
    assert forger()[1]["status"] == "VALID"
    assert forger(bytes([0, 0b1000]))[1]["status"] == "SUSPENDED"
    assert forger(bytes([0, 0b0100]))[1]["status"] == "INVALID"
    assert forger(bytes([0, 0b1100]))[1]["status"] == "UNKNOWN"


@pytest.mark.parametrize("bits, entries, status", [
    (1, bytes([0b00100000]), "INVALID"), (4, bytes([0, 0, 0x20]), "SUSPENDED"),
    (8, bytes([0, 0, 0, 0, 0, 1]), "INVALID"), (1, bytes([0b11011111]), "VALID")])
def test_lists_of_other_widths_are_read_by_their_own(forger, bits, entries, status):
    packed = {"bits": bits, "lst": tokens.b64url(zlib.compress(entries))}
    assert forger(status_list=packed)[1]["status"] == status


@pytest.mark.parametrize("changes, code, where", [
    ({"typ": "consent-receipt+jwt"}, "consent_malformed", "header.typ"),
    ({"typ": "consent+jwt"}, "consent_malformed", "header.typ"),
    ({"typ": "JWT"}, "consent_malformed", "header.typ"),
    ({"sub": "https://gw.example.test/status/y"}, "subject_mismatch", "sub"),
    ({"sub": tokens.DROP}, "consent_malformed", "sub"),
    ({"exp": tokens.DROP}, "consent_malformed", "exp"),
    ({"ttl": 0}, "consent_malformed", "ttl"),
    ({"aud": "x"}, "consent_malformed", None),
    ({"idx": 32}, "subject_mismatch", "idx"),
    ({"idx": (1 << 24) - 1}, "subject_mismatch", "idx"),
    ({"at": 4000000000}, "consent_expired", "exp"),
    ({"at": 1600000000}, "consent_not_yet_valid", "iat"),
    ({"key": tokens.Grantor("")}, "signature_invalid", "header.kid"),
    ({"status_list": {"bits": 3, "lst": "eNpjAAAAAQAB"}}, "consent_malformed", "status_list.bits"),
    ({"status_list": {"bits": 16, "lst": "eNpjAAAAAQAB"}}, "consent_malformed", "status_list.bits"),
    ({"status_list": {"bits": "2", "lst": "eNpjAAAAAQAB"}}, "consent_malformed", "status_list.bits"),
    ({"status_list": {"bits": 2, "lst": "eNpjAAAAAQAB="}}, "consent_malformed", "status_list.lst"),
    ({"status_list": {"bits": 2, "lst": "eNpjAA+AAQAB"}}, "consent_malformed", "status_list.lst"),
    ({"status_list": {"bits": 2, "lst": "eNpjAAAAAQAC"}}, "consent_malformed", "status_list.lst"),
    ({"status_list": {"bits": 2, "lst": ""}}, "consent_malformed", "status_list.lst"),
    ({"status_list": {"bits": 2, "lst": tokens.b64url(zlib.compress(bytes(99))[:-1])}}, "consent_malformed",
     "status_list.lst"),
    ({"status_list": {"bits": 2, "lst": tokens.b64url(zlib.compress(bytes((4 << 20) + 1), 9))}},
     "consent_malformed", "status_list.lst"),
    ({"status_list": {"bits": 2, "lst": tokens.b64url(zlib.compress(bytes(400 << 20), 9))}},
     "consent_malformed", "status_list.lst"),
])
def test_a_list_that_does_not_hold(forger, changes, code, where):
    status, said = forger(**changes)
    assert (status, said["code"]) == (1, code), said
    assert where is None or said["where"] == where


def test_a_zip_bomb_costs_no_more_than_the_bound(office, tmp_path):
    bomb = tokens.b64url(zlib.compress(bytes(400 << 20), 9))
    signer = tokens.Grantor.load("", office.dir / "keys" / "gateway.key")
    now = int(time.time())
    text = signer.sign({"sub": "https://a/b", "iat": now, "exp": now + 9, "ttl": 9,
                        "status_list": {"bits": 2, "lst": bomb}}, typ="statuslist+jwt")
    began = time.monotonic()
    ran = check(office, tmp_path, {"uri": "https://a/b", "idx": 0}, "--list", "-", stdin=text)
    assert ran.returncode == 1 and "status_list.lst" in ran.stdout and time.monotonic() - began < 20


def test_the_lists_of_a_gateway_that_does_not_run_are_exported(deploy, tmp_path):
    gateway = deploy(limits=FAST)
    gateway.start()
    token, ref = register(gateway)
    assert gateway.revoke(token, bank=None).status == 200
    keys = keys_of(gateway)
    url = f"https://localhost:{gateway.public_port}"
    held = gateway.hufu("status", "export", gateway.dir, "--url", url, "--out", tmp_path / "lists", check=False)
    assert held.returncode == 4 and "holds" in held.stderr
    gateway.stop()
    ran = gateway.hufu("status", "export", gateway.dir, "--url", url, "--out", tmp_path / "lists")
    assert ran.stdout.split() == [ref["uri"], "1"]
    (path,) = (tmp_path / "lists").iterdir()
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}\.jwt", path.name)
    claims = verified(path.read_text(), keys, "statuslist+jwt")
    entries = zlib.decompress(tokens.unb64url(claims["status_list"]["lst"]))
    assert claims["sub"] == ref["uri"] and value_of(entries, ref["idx"]) == INVALID
    assert sum(entries) == 1 << ref["idx"] % 4 * 2


def test_a_receipt_names_the_place(deploy):
    gateway = deploy(limits=FAST)
    gateway.start()
    token, ref = register(gateway)
    time.sleep(1)
    assert verified(receipt_of(gateway, token), keys_of(gateway))["status"] == {"status_list": ref}
