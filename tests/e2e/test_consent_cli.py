"""hufu consent grant, show, verify, revoke; hufu grantor add, list, disable.

Covers: cli/consent_grant.c cli/consent_show.c cli/grantor.c
"""
import json
import os
import pathlib
import time

import pytest
from cryptography.exceptions import InvalidSignature

from support.tokens import (AUD, BANK, DIGEST, DROP, ISS, NOW, PERSON, Grantor, b64url,
                            fixed_claims, fixed_scopes, unb64url, write_grantor)

VECTORS = pathlib.Path(os.environ.get(
    "HUFU_VECTORS", pathlib.Path(__file__).parents[3] / "shared" / "vectors"))


@pytest.fixture
def grantor(tmp_path):
    made = Grantor(ISS)
    path = tmp_path / "key.pem"
    path.touch(mode=0o600)
    path.write_bytes(made.pem())
    made.path = path
    return made


@pytest.fixture
def place(tmp_path):
    (tmp_path / "d" / "grantors").mkdir(parents=True)
    return tmp_path / "d"


def draft(**changes):
    """Claims as a person writes them: without what the tool fills in."""
    filled = ("ver", "jti", "iat", "nbf", "nonce")
    changed = fixed_claims(exp=int(time.time()) + 86400, **changes)
    return json.dumps({name: value for name, value in changed.items()
                       if name in changes or name not in filled}, indent=2)


def grant(hufu, grantor, text, *more):
    return hufu("consent", "grant", "--key", grantor.path, "--claims", "-", *more,
                stdin=text.encode())


def parts(token):
    header, payload, signature = token.strip().split(".")
    return json.loads(unb64url(header)), json.loads(unb64url(payload)), unb64url(signature)


# ---- grant ----

def test_a_granted_token_is_signed_by_the_key(hufu, grantor):
    ran = grant(hufu, grantor, draft())
    assert ran.code == 0 and ran.err == "" and ran.out.count("\n") == 1
    header, payload, signature = parts(ran.out)
    assert header == {"alg": "Ed25519", "typ": "consent+jwt", "kid": grantor.kid}
    signed = ran.out.strip().rpartition(".")[0].encode()
    grantor.key.public_key().verify(signature, signed)
    with pytest.raises(InvalidSignature):
        grantor.key.public_key().verify(signature, signed + b"x")


def test_what_is_missing_is_filled_in(hufu, grantor):
    before = int(time.time())
    one, two = (parts(grant(hufu, grantor, draft()).out)[1] for _ in range(2))
    assert one["ver"] == 1 and before <= one["iat"] == one["nbf"] <= time.time()
    assert len(one["jti"]) >= 22 and len(one["nonce"]) >= 22
    assert len({one["jti"], two["jti"], one["nonce"], two["nonce"]}) == 4
    rest = json.loads(draft())
    assert {name: one[name] for name in rest} == {**rest, "exp": one["exp"]}


def test_what_is_there_stays(hufu, grantor):
    now = int(time.time())
    given = dict(ver=1, jti="j" * 22, iat=now - 100, nbf=now - 50, nonce="n" * 64)
    payload = parts(grant(hufu, grantor, draft(**given)).out)[1]
    assert {name: payload[name] for name in given} == given
    payload = parts(grant(hufu, grantor, draft(iat=now - 100)).out)[1]
    assert payload["nbf"] == now - 100  # as good as it was issued


def test_a_granted_token_is_accepted(hufu, grantor, place):
    write_grantor(place / "grantors", ISS, grantor.entry())
    token = grant(hufu, grantor, draft()).out
    for folder in (place, place / "grantors"):
        ran = hufu("consent", "verify", "-", "--grantors", folder, "--aud", AUD,
                   stdin=token.encode())
        assert ran.code == 0 and ran.out.splitlines()[0] == "allow", ran


@pytest.mark.parametrize("changes, code, where", [
    ({"exp": NOW}, "consent_malformed", "exp"),
    ({"aud": [AUD]}, "audience_mismatch", "aud"),
    ({"cnf": {}}, "binding_mismatch", "cnf"),
    ({"sub": PERSON}, "consent_malformed", "sub"),
    ({"iat": 4000000000, "nbf": 4000000000, "exp": 4000000001}, "consent_not_yet_valid", "iat"),
    ({"iat": 1600000000, "nbf": 1600000000, "exp": 1600000001}, "consent_expired", "exp"),
    ({"act": {"role": "agent", "sub": PERSON}}, "agent_invalid", "act.poa"),
    ({"authorization_details": fixed_scopes(classes=["personal"])}, "person_consent_required",
     "authorization_details[0].classes"),
    ({"authorization_details": fixed_scopes(1, range={"from": "2023-01-01", "to": "x"})},
     "consent_malformed", "authorization_details[1].range.to"),
    ({"data_life_days": 1.5}, "consent_malformed", "data_life_days"),
    ({"scope": "all"}, "consent_malformed", "")])
def test_what_the_gateway_would_refuse_is_not_signed(hufu, grantor, changes, code, where):
    text = json.dumps({**json.loads(draft()), **changes})
    ran = grant(hufu, grantor, text)
    assert ran.code == 1 and ran.out == ""
    assert f"standard input: {where + ': ' if where else ''}" in ran.err
    assert f"the gateway would answer {code}" in ran.err
    verdict = json.loads(grant(hufu, grantor, text, "--json").out)
    assert (verdict["verdict"], verdict["code"], verdict["where"]) == ("deny", code, where)


def test_a_verdict_in_json(hufu, grantor):
    told = json.loads(grant(hufu, grantor, draft(), "--json").out)
    assert told["verdict"] == "allow" and told["iss"] == ISS
    assert parts(told["token"])[1]["jti"] == told["jti"]


def test_a_long_token_is_granted_with_a_note(hufu, grantor):
    many = [fixed_scopes(0, datatypes=[f"tax/dataset_{i:02}_{j:02}" for j in range(32)])[0]
            for i in range(7)]
    ran = grant(hufu, grantor, draft(authorization_details=many))
    assert ran.code == 0 and len(ran.out) > 8192 and "register it" in ran.err


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "{}", '{"ver":1,"ver":1}'])
def test_claims_that_cannot_be_read(hufu, grantor, text):
    ran = grant(hufu, grantor, text)
    assert ran.code == 4 and ran.out == "" and "standard input" in ran.err


def test_keys_that_cannot_be_read(hufu, grantor, tmp_path):
    grantor.path.chmod(0o644)
    ran = grant(hufu, grantor, draft())
    assert ran.code == 4 and ran.out == "" and str(grantor.path) in ran.err
    grantor.path = tmp_path / "missing"
    assert grant(hufu, grantor, draft()).code == 4


# ---- show ----

def test_show_believes_nothing(hufu, grantor):
    token = grantor.fixed_token(exp=7, more={"any": [1, "\u864e"]}, aud=DROP)
    token = token[:-4] + "AAAA"
    ran = hufu("consent", "show", token)
    assert ran.code == 0 and ran.out.splitlines()[0] == "not verified"
    told = json.loads(hufu("consent", "show", "-", "--json", stdin=token.encode() + b"\n").out)
    assert told["verified"] is False and told["header"]["kid"] == grantor.kid
    assert told["claims"] == fixed_claims(exp=7, more={"any": [1, "\u864e"]}, aud=DROP)


def test_show_sends_no_control_characters(hufu, grantor):
    token = grantor.fixed_token(nonce="\x1b[31m\x9bred\x7f")
    out = hufu("consent", "show", token).out
    assert not any(ord(c) < 32 and c != "\n" or 127 <= ord(c) < 160 for c in out)


@pytest.mark.parametrize("token", ["", "abc", "a.b.c", "e30", ".e30.", "e30.!.", "e30.WzFd"])
def test_what_cannot_be_shown(hufu, token):
    ran = hufu("consent", "show", token)
    assert ran.code == 1 and ran.out == "" and ran.err.startswith("token: ")


# ---- verify ----

def test_verify_says_what_it_did_not_check(hufu, grantor, place):
    write_grantor(place, ISS, grantor.entry())
    words = ["consent", "verify", grantor.fixed_token(), "--grantors", place / "none", "--aud", AUD,
             "--at", NOW]
    assert hufu(*words).code == 4
    (place / "grantors").rmdir()
    words[4] = place
    lines = hufu(*words).out.splitlines()
    assert lines[0] == "allow" and f"iss: {ISS}" in lines
    assert "binding: not checked" in lines and "recipient: not checked" in lines
    lines = hufu(*words, "--bank", BANK).out.splitlines()
    assert "binding: not checked" in lines and "recipient: checked" in lines


def test_a_refusal_in_words(hufu, grantor, place):
    write_grantor(place / "grantors", ISS, grantor.entry())
    ran = hufu("consent", "verify", grantor.fixed_token(), "--grantors", place, "--aud", AUD)
    assert ran.code == 1 and ran.out == "deny consent_expired: exp: has passed\n"


def test_grantors_with_a_mistake_are_no_verdict(hufu, grantor, place):
    (place / "grantors" / f"{ISS.replace(':', '_')}.jwks").write_text(
        '{"iss":"%s",\n "keys":[{"kty":"OKP","disable_at":1}]}' % ISS)
    ran = hufu("consent", "verify", grantor.fixed_token(), "--grantors", place, "--aud", AUD, "--at", NOW)
    assert ran.code == 4 and ran.out == ""
    assert "/grantors/uscc_91350100M000100Y43.jwks:2:23: keys[0]: " in ran.err


def test_wrong_usage(hufu, grantor, place):
    token = grantor.fixed_token()
    verify = ["consent", "verify", token, "--grantors", place, "--aud", AUD]
    assert hufu(*verify[:-2]).code == 2
    assert hufu(*verify, "--at", "soon").code == 2
    assert hufu(*verify, "--bank", "1").code == 2
    assert hufu(*verify, "--cert", place / "missing").code == 4
    assert hufu("consent", "grant", "--key", grantor.path).code == 2
    assert hufu("consent", "show").code == 2
    assert hufu("consent", "revoke", "--key", grantor.path).code == 2


@pytest.fixture
def golden(place):
    path = VECTORS / "hufu" / "golden-tokens.json"
    if not path.exists():
        pytest.skip(f"no test vectors at {path} (set HUFU_VECTORS)")
    vector = json.loads(path.read_text())
    (place / "grantors" / "uscc_91350100M000100Y43.jwks").write_text(
        json.dumps(vector["grantor"]))
    return vector


def test_the_golden_token(hufu, place, golden):
    def judge(token, at, bank=golden["bank"]):
        return hufu("consent", "verify", token, "--grantors", place, "--aud", golden["aud"],
                    "--at", at, "--bank", bank)

    token = golden["tokens"]["Ed25519"]
    assert judge(token, golden["at"]).code == 0
    assert judge(token, golden["payload"]["exp"] - 1).code == 0
    late = judge(token, golden["payload"]["exp"])
    assert late.code == 1 and late.out.startswith("deny consent_expired")
    for at in range(0, len(token), 97):
        changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1:]
        assert judge(changed, golden["at"]).code == 1


# ---- revoke ----

def revoke(hufu, grantor, **changes):
    options = {"key": grantor.path, "iss": ISS, "jti": "j" * 22, "aud": AUD, "reason": "withdrawn",
               **changes}
    return hufu("consent", "revoke",
                *[word for name, value in options.items() for word in (f"--{name}", value)])


@pytest.mark.parametrize("iss", [ISS, ISS.partition(":")[2], PERSON])
def test_a_revocation_says_what_ends(hufu, grantor, iss):
    ran = revoke(hufu, grantor, iss=iss)
    assert ran.code == 0
    header, payload, signature = parts(ran.out)
    grantor.key.public_key().verify(signature, ran.out.strip().rpartition(".")[0].encode())
    assert header == {"alg": "Ed25519", "typ": "consent-revocation+jwt", "kid": grantor.kid}
    assert set(payload) == {"ver", "iss", "aud", "jti", "revokes", "iat", "reason"}
    assert payload["iss"] == (iss if ":" in iss else f"uscc:{iss}")
    assert payload["revokes"] == "j" * 22 != payload["jti"] and len(payload["jti"]) >= 22
    assert payload["aud"] == AUD and payload["reason"] == "withdrawn"
    assert abs(payload["iat"] - time.time()) < 60


@pytest.mark.parametrize("changes", [{"iss": "uscc:1"}, {"jti": "short"}, {"jti": "j" * 21 + ";"},
                                     {"reason": "because"}, {"aud": ""}])
def test_a_revocation_of_nothing_is_wrong_usage(hufu, grantor, changes):
    ran = revoke(hufu, grantor, **changes)
    assert ran.code == 2 and ran.out == "" and f"--{next(iter(changes))} " in ran.err


# ---- grantors ----

def add(hufu, place, jwk, *more, iss=ISS):
    return hufu("grantor", "add", place, "--iss", iss, "--jwk", "-", *more,
                stdin=json.dumps(jwk).encode())


def read(place, name="uscc_91350100M000100Y43.jwks"):
    return json.loads((place / "grantors" / name).read_text())


def test_a_key_goes_from_the_tool_to_the_folder(hufu, place, tmp_path):
    kid = hufu("key", "new", "--alg", "Ed25519", "--out", tmp_path / "new.pem").out
    jwk = hufu("key", "show", "--json", tmp_path / "new.pem").out
    ran = hufu("grantor", "add", place, "--iss", ISS, "--jwk", "-", stdin=jwk.encode())
    assert ran.code == 0 and ran.out == kid
    assert read(place) == {"iss": ISS, "keys": [json.loads(jwk)]}


def test_keys_are_added_behind_one_another(hufu, place):
    one, two = Grantor(ISS), Grantor(ISS)
    assert add(hufu, place, one.entry(), "--not-before", 5, "--not-after", 9).code == 0
    assert add(hufu, place, {"kty": "OKP", "crv": "Ed25519", "x": two.jwk["x"]},
               iss=ISS.partition(":")[2]).out == two.kid + "\n"
    keys = read(place)["keys"]
    assert keys == [one.entry(not_before=5, not_after=9), two.entry(alg=DROP)]
    assert add(hufu, place, one.entry(), iss=PERSON).code == 0  # a key may be two grantors'
    assert read(place, PERSON.replace(":", "_") + ".jwks")["iss"] == PERSON


def test_the_list_tells_all_in_words_and_json(hufu, place):
    keys = [Grantor(ISS) for _ in range(4)]
    write_grantor(place / "grantors", ISS, keys[0].entry(), keys[1].entry(not_before=4000000000),
                  keys[2].entry(not_after=1), keys[3].entry(disabled_at=1))
    states = ["in_force", "early", "ended", "disabled"]
    lines = hufu("grantor", "list", place).out.splitlines()
    assert [line.split() for line in lines] == [
        [ISS, key.kid, "Ed25519", state] for key, state in zip(keys, states)]
    listed = json.loads(hufu("grantor", "list", place, "--json").out)["grantors"]
    assert [key["state"] for key in listed] == states
    assert listed[3] == {"iss": ISS, "kid": keys[3].kid, "alg": "Ed25519", "state": "disabled",
                         "disabled_at": 1}


def test_disabling_keeps_the_earlier_moment(hufu, place):
    key = Grantor(ISS)
    add(hufu, place, key.entry())
    words = ["grantor", "disable", place, "--iss", ISS, "--kid", key.kid]
    assert hufu(*words).code == 0
    moment = read(place)["keys"][0]["disabled_at"]
    assert abs(moment - time.time()) < 60
    write_grantor(place / "grantors", ISS, key.entry(disabled_at=moment - 1000))
    assert hufu(*words).code == 0
    assert read(place)["keys"][0]["disabled_at"] == moment - 1000


def test_what_is_not_on_file_cannot_be_disabled(hufu, place):
    ran = hufu("grantor", "disable", place, "--iss", ISS, "--kid", "x")
    assert ran.code == 1 and "no key of that kid" in ran.err


def test_a_key_is_added_once(hufu, place):
    key = Grantor(ISS)
    add(hufu, place, key.entry())
    before = read(place)
    ran = add(hufu, place, key.entry())
    assert ran.code == 1 and "kid" in ran.err and read(place) == before


@pytest.mark.parametrize("jwk, code", [
    ({}, 4), ({"kty": "OKP", "crv": "Ed25519", "x": "AA"}, 4),
    ({"kty": "OKP", "crv": "X25519", "x": DIGEST}, 4), ({"kty": "oct", "k": "AAAA"}, 4),
    ({"kty": "OKP", "crv": "Ed25519", "x": b64url(b"\1" + bytes(31))}, 4)])
def test_keys_that_cannot_be_trusted(hufu, place, jwk, code):
    ran = add(hufu, place, jwk)
    assert ran.code == code and ran.out == "" and os.listdir(place / "grantors") == []


def test_a_private_key_is_not_put_on_file(hufu, place):
    key = Grantor(ISS)
    ran = add(hufu, place, {**key.entry(), "d": DIGEST})
    assert ran.code == 4 and "private" in ran.err and DIGEST not in ran.err
    assert os.listdir(place / "grantors") == []


def test_a_folder_with_a_mistake_is_not_added_to(hufu, place):
    path = place / "grantors" / f"uscc_{BANK}.jwks"
    path.write_text('{"iss":"uscc:%s","keys":[{"kid":"k"}]}' % BANK)
    ran = add(hufu, place, Grantor(ISS).entry())
    assert ran.code == 1 and path.name in ran.err and "kty" in ran.err
    assert os.listdir(place / "grantors") == [path.name]
    assert hufu("grantor", "list", place).code == 1


def test_wrong_usage_of_grantors(hufu, place):
    assert add(hufu, place, {}, iss="x").code == 2
    assert add(hufu, place, {}, "--not-after", "soon").code == 2
    assert hufu("grantor", "add", place, "--iss", ISS).code == 2
    assert hufu("grantor", "list").code == 2
    assert hufu("grantor", "disable", place, "--iss", ISS).code == 2
    assert hufu("grantor", "list", place / "missing").code == 4
