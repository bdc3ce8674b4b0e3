"""The refusals of docs/consent-token.md, each beside a token that differs in that one point and
passes. Tokens are made by python3-cryptography and judged by `hufu consent verify`.

Covers: cli/consent_show.c
"""
import base64
import datetime
import hashlib
import json

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwcrypto import jwk, jws

from support.tokens import (AUD, BANK, DIGEST, DROP, ISS, NOW, OTHER_BANK, PERSON, Grantor, b64url,
                            compact, fixed_claims, fixed_scopes, unb64url, write_grantor)

L = 2**252 + 27742317777372353535851937790883648493  # order of the base point, RFC 8032 5.1


@pytest.fixture(scope="module")
def grantor():
    return Grantor(ISS)


@pytest.fixture(scope="module")
def place(grantor, tmp_path_factory):
    folder = tmp_path_factory.mktemp("grantors")
    write_grantor(folder, ISS, grantor.entry())
    return folder


@pytest.fixture(scope="module")
def judge(hufu, place):
    def run(token, *more, at=NOW, aud=AUD, grantors=place):
        ran = hufu("consent", "verify", "-", "--grantors", grantors, "--aud", aud, "--at", at,
                   "--json", *more, stdin=token if isinstance(token, bytes) else token.encode())
        assert ran.code in (0, 1), ran
        verdict = json.loads(ran.out)
        assert (ran.code == 0) == (verdict["verdict"] == "allow")
        return verdict

    return run


@pytest.fixture(scope="module")
def allowed(judge):
    def check(token, *more, **options):
        verdict = judge(token, *more, **options)
        assert verdict["verdict"] == "allow", verdict

    return check


@pytest.fixture(scope="module")
def refused(judge):
    def check(code, token, *more, where=None, **options):
        verdict = judge(token, *more, **options)
        assert verdict["verdict"] == "deny", verdict
        assert verdict["code"] == code, verdict
        assert where is None or verdict["where"] == where, verdict

    return check


def test_the_usual_token_passes(grantor, allowed):
    allowed(grantor.fixed_token())


# ---- R01..R03: the algorithm ----

@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", None, DROP, 1, ["Ed25519"], {}])
def test_r01_no_algorithm(grantor, allowed, refused, alg):
    allowed(grantor.fixed_token(header={"alg": "Ed25519"}))
    refused("consent_malformed", grantor.fixed_token(header={"alg": alg}), where="header.alg")


def test_r01_no_algorithm_and_no_signature(grantor, refused):
    unsigned = grantor.fixed_token(header={"alg": "none"}).rpartition(".")[0]
    refused("consent_malformed", unsigned + ".")


@pytest.mark.parametrize("alg", ["ES256", "SM2"])
def test_r02_another_algorithm_than_the_keys(grantor, allowed, refused, alg):
    allowed(grantor.fixed_token(header={"alg": "EdDSA"}))
    refused("consent_signature_invalid", grantor.fixed_token(header={"alg": alg}))


@pytest.mark.parametrize("alg", ["HS256", "RS256", "PS256", "ES384", "ES512", "ES256K", "Ed448",
                                 "ed25519", "EDDSA", "RSA-OAEP", "dir", "Ed25519 "])
def test_r03_an_algorithm_outside_the_list(grantor, allowed, refused, alg):
    allowed(grantor.fixed_token())
    refused("consent_malformed", grantor.fixed_token(header={"alg": alg}), where="header.alg")


# ---- R04..R07: members of the header ----

@pytest.mark.parametrize("member, value", [
    ("jwk", {"kty": "OKP"}), ("jku", "https://evil.example/keys"), ("x5u", "https://evil.example"),
    ("crit", ["exp"]), ("crit", []), ("b64", False), ("zip", "DEF"), ("cty", "JWT"),
    ("x5t#S256", DIGEST), ("enc", "A256GCM"), ("unknown", 1)])
def test_r04_to_r07_a_member_outside_the_header(grantor, allowed, refused, member, value):
    allowed(grantor.fixed_token())
    refused("consent_malformed", grantor.fixed_token(header={member: value}))


def test_r07_five_parts_are_encryption(grantor, refused):
    refused("consent_malformed", grantor.fixed_token() + ".AAAA.AAAA")


# ---- R08..R10: form ----

@pytest.mark.parametrize("change", [
    lambda t: t + ".", lambda t: "." + t, lambda t: t.replace(".", "..", 1), lambda t: t + ".AAAA",
    lambda t: t.rpartition(".")[0], lambda t: " " + t, lambda t: t + " ", lambda t: t + "\t",
    lambda t: t.replace(".", ".\n", 1), lambda t: "\n" + t, lambda t: t[:10] + " " + t[10:],
    lambda t: "", lambda t: json.dumps(dict(zip(["protected", "payload", "signature"],
                                                t.split("."))))])
def test_r08_what_is_no_compact_form(grantor, allowed, refused, change):
    token = grantor.fixed_token()
    allowed(token)
    refused("consent_malformed", change(token))


@pytest.mark.parametrize("part", [0, 1, 2])
@pytest.mark.parametrize("change", [
    lambda p: p + "=", lambda p: p + "==", lambda p: "+" + p[1:], lambda p: "/" + p[1:],
    lambda p: "?" + p[1:], lambda p: p + "A" * (1 + (-len(p) % 4)) if len(p) % 4 else p + "A"])
def test_r09_what_is_no_strict_base64url(grantor, allowed, judge, part, change):
    token = grantor.fixed_token()
    allowed(token)
    parts = token.split(".")
    parts[part] = change(parts[part])
    # a longer signature may be known by its length before its letters are read
    assert judge(".".join(parts))["code"] in ("consent_malformed", "consent_signature_invalid")


def test_r09_unused_bits_are_zero(grantor, allowed, refused):
    token = grantor.fixed_token()
    allowed(token)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(token[-1])  # 64 bytes are 86 characters: the last has 4 unused bits
    assert last % 16 == 0
    for bits in range(1, 16):
        changed = token[:-1] + alphabet[last + bits]
        assert unb64url(changed.split(".")[2]) == unb64url(token.split(".")[2])
        refused("consent_malformed", changed)


GOOD = compact(fixed_claims())


@pytest.mark.parametrize("payload", [
    b"[]", b'"x"', b"1", b"null", b"", GOOD + b"{}", GOOD + b" x", b"\xef\xbb\xbf" + GOOD,
    GOOD.replace(b'"ver":1', b'"ver":1,"ver":1'), GOOD.replace(b'"ver":1', b'"ver":1,"v\\u0065r":1'),
    GOOD.replace(b"n-1", b"\xff"), GOOD.replace(b"n-1", b"\xc0\xaf"), GOOD.replace(b"n-1", b"\\ud800"),
    GOOD.replace(b"n-1", b"\\u0000"), GOOD.replace(b"n-1", b"\x01"), GOOD.replace(b"n-1", b"\xed\xa0\x80"),
    GOOD.replace(b'"n-1"', b"[[[[[[[1]]]]]]]"), GOOD.decode().encode("utf-16"),
    GOOD.replace(b"n-1", b"n" * 513), GOOD[:-1] + b" " * (8193 - len(GOOD)) + b"}"])
def test_r10_what_is_no_strict_object(grantor, allowed, refused, payload):
    allowed(grantor.sign(GOOD[:-1] + b" " * (8192 - len(GOOD)) + b"}"))
    refused("consent_malformed", grantor.sign(payload))


@pytest.mark.parametrize("header", [
    b"[]", b"1", b"", b'{"alg":"Ed25519","alg":"Ed25519","typ":"consent+jwt","kid":"KID"}',
    b'{"alg":"Ed25519","typ":"consent+jwt","kid":"KID"}x', b'{"alg":"Ed25519","typ":"consent+jwt"}',
    b'{"alg":"Ed25519","typ":"consent+jwt","kid":""}', b'{"alg":"Ed25519","typ":"consent+jwt","kid":7}',
    b'{"alg":"Ed25519","typ":"consent+jwt","kid":"../KID"}'])
def test_r10_a_header_that_is_no_strict_object(grantor, allowed, refused, header):
    fine = b' { "typ" : "consent+jwt" , "kid" : "KID" , "alg" : "Ed25519" } '
    allowed(grantor.sign_parts(fine.replace(b"KID", grantor.kid.encode()), GOOD))
    refused("consent_malformed", grantor.sign_parts(header.replace(b"KID", grantor.kid.encode()), GOOD))


def test_r10_a_token_larger_than_its_bound(grantor, refused):
    refused("consent_malformed", grantor.fixed_token() + "A" * 16384)


# ---- R11, R12: another token, another gateway ----

@pytest.mark.parametrize("typ", ["JWT", "at+jwt", "consent-revocation+jwt", "consent-status+jwt",
                                 "consent-receipt+jwt", "statuslist+jwt", "request-proof+jwt",
                                 "Consent+jwt", "application/consent+jwt", "", None, DROP,
                                 1])
def test_r11_another_type(grantor, allowed, refused, typ):
    allowed(grantor.fixed_token())
    refused("consent_malformed", grantor.fixed_token(header={"typ": typ}), where="header.typ")


@pytest.mark.parametrize("aud", ["https://gw.example.test/", "https://GW.example.test",
                                 "http://gw.example.test", [AUD], ["x", AUD]])
def test_r12_another_audience(grantor, allowed, refused, aud):
    allowed(grantor.fixed_token())
    refused("audience_mismatch", grantor.fixed_token(aud=aud), where="aud")


def test_r12_the_gateway_asked_is_another(grantor, refused):
    refused("audience_mismatch", grantor.fixed_token(), aud="https://other.example.test")


# ---- R13, R14: who signs ----

def test_r13_an_unknown_key(grantor, allowed, refused):
    allowed(grantor.fixed_token())
    stranger = Grantor(ISS)
    refused("grantor_unknown", stranger.fixed_token(), where="header.kid")
    refused("consent_signature_invalid", stranger.fixed_token(header={"kid": grantor.kid}))


def test_r13_a_key_of_another_grantor(grantor, place, allowed, refused, tmp_path):
    other = Grantor(ISS)
    write_grantor(tmp_path, ISS, grantor.entry())
    write_grantor(tmp_path, f"uscc:{BANK}", other.entry())
    allowed(other.fixed_token(iss=f"uscc:{BANK}", sub=f"uscc:{BANK}"), grantors=tmp_path)
    refused("grantor_unknown", other.fixed_token(), grantors=tmp_path, where="iss")


@pytest.mark.parametrize("times, at", [
    ({"not_before": NOW + 1}, NOW), ({"not_after": NOW}, NOW), ({"disabled_at": NOW}, NOW)])
def test_r13_a_key_out_of_its_time(grantor, allowed, refused, tmp_path, times, at):
    write_grantor(tmp_path, ISS, grantor.entry(**times))
    refused("consent_signature_invalid", grantor.fixed_token(), grantors=tmp_path, at=at)
    write_grantor(tmp_path, ISS, grantor.entry(**{name: moment + (-1 if name == "not_before" else 1)
                                                for name, moment in times.items()}))
    allowed(grantor.fixed_token(), grantors=tmp_path, at=at)


@pytest.mark.parametrize("sub", [f"uscc:{BANK}", PERSON, ISS.lower(), None, DROP, ""])
def test_r14_a_subject_that_is_not_the_issuer(grantor, allowed, refused, sub):
    allowed(grantor.fixed_token())
    refused("consent_malformed", grantor.fixed_token(sub=sub), where="sub")


# ---- R15, R16: who presents it ----

def test_r15_another_recipient(grantor, allowed, refused):
    allowed(grantor.fixed_token(), "--bank", BANK)
    allowed(grantor.fixed_token(), "--bank", f"uscc:{BANK}")
    refused("recipient_mismatch", grantor.fixed_token(), "--bank", OTHER_BANK, where="rcpt")


@pytest.fixture(scope="module")
def certs(tmp_path_factory):
    """Two certificates of one key, and one of another: (path, x5t#S256, jkt)."""
    folder = tmp_path_factory.mktemp("certs")
    key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))

    def make(name, signer):
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        start = datetime.datetime(2026, 1, 1)
        cert = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
                .public_key(signer.public_key()).serial_number(x509.random_serial_number())
                .not_valid_before(start).not_valid_after(start + datetime.timedelta(days=365))
                .sign(signer, hashes.SHA256()))
        path = folder / f"{name}.pem"
        path.write_bytes(cert.public_bytes(serialization.Encoding.PEM))
        der = cert.public_bytes(serialization.Encoding.DER)
        public = jwk.JWK.from_pyca(signer.public_key())
        return path, b64url(hashlib.sha256(der).digest()), public.thumbprint()

    return make("first", key), make("renewed", key), make("other", other)


def test_r16_another_certificate(grantor, allowed, refused, certs):
    first, renewed, other = certs
    token = grantor.fixed_token(cnf={"x5t#S256": first[1]})
    allowed(token, "--cert", first[0])
    refused("binding_mismatch", token, "--cert", renewed[0], where="cnf.x5t#S256")
    refused("binding_mismatch", token, "--cert", other[0])


def test_r16_another_key(grantor, allowed, refused, certs):
    first, renewed, other = certs
    token = grantor.fixed_token(cnf={"jkt": first[2]})
    allowed(token, "--cert", first[0])
    allowed(token, "--cert", renewed[0])  # it survives a renewal with the same key
    refused("binding_mismatch", token, "--cert", other[0], where="cnf.jkt")


def test_r16_every_member_must_match(grantor, allowed, refused, certs):
    first, renewed, _ = certs
    token = grantor.fixed_token(cnf={"x5t#S256": first[1], "jkt": first[2]})
    allowed(token, "--cert", first[0])
    refused("binding_mismatch", token, "--cert", renewed[0])


@pytest.mark.parametrize("cnf", [DROP, {}])
def test_r16_no_binding(grantor, allowed, refused, cnf):
    allowed(grantor.fixed_token())
    refused("binding_mismatch", grantor.fixed_token(cnf=cnf), where="cnf")


# ---- R17: time ----

def test_r17_the_last_second(grantor, allowed, refused):
    allowed(grantor.fixed_token(), at=1774915199)
    refused("consent_expired", grantor.fixed_token(), at=1774915200, where="exp")


def test_r17_the_first_second(grantor, allowed, refused):
    allowed(grantor.fixed_token(), at=1767225540)
    refused("consent_not_yet_valid", grantor.fixed_token(), at=1767225539)


def test_r17_issued_in_the_future(grantor, allowed, refused):
    allowed(grantor.fixed_token(iat=NOW + 60, nbf=NOW + 60))
    refused("consent_not_yet_valid", grantor.fixed_token(iat=NOW + 61, nbf=NOW + 61), where="iat")


@pytest.mark.parametrize("changes, where", [
    ({"exp": 1767225600}, "exp"), ({"exp": 1767225599}, "exp"), ({"nbf": 1767225599}, "nbf"),
    ({"exp": 1775001601}, "exp"), ({"iat": "1767225600"}, "iat"), ({"iat": 1767225600.5}, "iat"),
    ({"exp": -1}, "exp"), ({"exp": 2**64}, "exp"), ({"exp": True}, "exp"), ({"exp": None}, "exp"),
    ({"exp": DROP}, "exp"),
    ({"iat": 1577836799}, "iat"), ({"exp": 4102444801}, "exp")])
def test_r17_times_that_are_no_times(grantor, allowed, refused, changes, where):
    allowed(grantor.fixed_token(exp=1775001600))  # exactly 90 days
    refused("consent_malformed", grantor.fixed_token(**changes), where=where)


@pytest.mark.parametrize("number", [b"1.7672256e9", b"1767225600.0", b"1767225600e0", b"01767225600"])
def test_r17_numbers_in_disguise(grantor, refused, number):
    payload = GOOD.replace(b'"iat":1767225600', b'"iat":' + number)
    refused("consent_malformed", grantor.sign(payload))


# ---- R20: what was signed by a key that has stopped ----

def test_r20_a_disabled_key(grantor, allowed, refused, tmp_path):
    write_grantor(tmp_path, ISS, grantor.entry(disabled_at=NOW + 1))
    allowed(grantor.fixed_token(), grantors=tmp_path, at=NOW)
    refused("consent_signature_invalid", grantor.fixed_token(), grantors=tmp_path, at=NOW + 1)


# ---- R21: what a scope may say at all ----

@pytest.mark.parametrize("changes, attribute", [
    ({"type": "xyd_data"}, "type"), ({"type": DROP}, "type"), ({"datatypes": []}, "datatypes"),
    ({"datatypes": ["tax/*"]}, "datatypes"), ({"datatypes": ["bank/payment"]}, "datatypes"),
    ({"datatypes": ["*"]}, "datatypes"), ({"actions": []}, "actions"),
    ({"actions": ["sell"]}, "actions[0]"), ({"actions": ["query", "query"]}, "actions[1]"),
    ({"classes": ["public"]}, "classes"), ({"classes": ["all"]}, "classes[0]"),
    ({"classes": DROP}, "classes"), ({"range": {"from": "2023-01-01"}}, "range.to"),
    ({"range": {"from": "2025-01-01", "to": "2024-12-31"}}, "range.to"),
    ({"range": {"from": "2023-02-29", "to": "2024-12-31"}}, "range.from"),
    ({"range": {"from": "2020-01-01", "to": "2025-01-01"}}, "range.to"),
    ({"fields": []}, "fields"), ({"detail": "everything"}, "detail"),
    ({"purposes": ["post_loan"]}, "purposes"), ({"location": "x"}, "")])
def test_r21_a_scope_outside_the_profile(grantor, allowed, refused, changes, attribute):
    allowed(grantor.fixed_token(authorization_details=fixed_scopes(
        range={"from": "2020-01-01", "to": "2024-12-31"}, fields=["items[].amount"],
        detail="records", purposes=["pre_loan"])))
    where = "authorization_details[0]" + ("." + attribute if attribute else "")
    refused("consent_malformed", grantor.fixed_token(authorization_details=fixed_scopes(**changes)),
            where=where)


# ---- R22: certificates where no authority is trusted ----

@pytest.mark.parametrize("header", [{}, {"kid": DROP}])
def test_r22_a_certificate_of_nobody_in_particular(grantor, allowed, refused, certs, header):
    allowed(grantor.fixed_token())
    cert = x509.load_pem_x509_certificate(certs[0][0].read_bytes())
    der = base64.b64encode(cert.public_bytes(serialization.Encoding.DER)).decode()
    refused("consent_malformed", grantor.fixed_token(header={"x5c": [der], **header}))


# ---- R23: signatures ----

@pytest.mark.parametrize("change", [lambda s: s[:-1], lambda s: s + b"\0", lambda s: b"",
                                    lambda s: s[:32], lambda s: s * 2])
def test_r23_signatures_of_another_length(grantor, allowed, judge, change):
    token = grantor.fixed_token()
    allowed(token)
    signed, _, signature = token.rpartition(".")
    verdict = judge(signed + "." + b64url(change(unb64url(signature))))
    empty = not change(unb64url(signature))
    assert verdict["code"] == ("consent_malformed" if empty else "consent_signature_invalid")


def test_r23_s_that_is_not_reduced(grantor, allowed, refused):
    token = grantor.fixed_token()
    allowed(token)
    signed, _, signature = token.rpartition(".")
    raw = unb64url(signature)
    s = int.from_bytes(raw[32:], "little") + L  # the same value modulo L
    refused("consent_signature_invalid", signed + "." + b64url(raw[:32] + s.to_bytes(32, "little")))


def test_r23_points_of_small_order(grantor, hufu, refused, tmp_path):
    token = grantor.fixed_token()
    signed, _, signature = token.rpartition(".")
    for point in (b"\1" + bytes(31), bytes(32), b"\xec" + b"\xff" * 30 + b"\x7f"):
        refused("consent_signature_invalid", signed + "." + b64url(point + unb64url(signature)[32:]))
        write_grantor(tmp_path, ISS, {**grantor.entry(), "x": b64url(point)})
        ran = hufu("consent", "verify", token, "--grantors", tmp_path, "--aud", AUD)
        assert ran.code == 4 and "keys[0].x" in ran.err


def test_r23_every_half_swapped_or_zero(grantor, refused):
    signed, _, signature = grantor.fixed_token().rpartition(".")
    raw = unb64url(signature)
    for forged in (raw[32:] + raw[:32], bytes(64), raw[:32] + bytes(32), bytes(32) + raw[32:]):
        refused("consent_signature_invalid", signed + "." + b64url(forged))


# ---- R24, R25: agents, persons ----

def test_r24_an_agent_without_power(grantor, allowed, refused):
    agent = {"role": "agent", "sub": PERSON, "poa": DIGEST, "poa_exp": NOW + 1}
    allowed(grantor.fixed_token(act=agent))
    refused("agent_invalid", grantor.fixed_token(act=agent), at=NOW + 1, where="act.poa_exp")
    for missing in ("poa", "poa_exp"):
        act = {name: value for name, value in agent.items() if name != missing}
        refused("agent_invalid", grantor.fixed_token(act=act), where=f"act.{missing}")


@pytest.mark.parametrize("name", ["personal", "sensitive_personal"])
def test_r25_an_enterprise_gives_away_a_persons_data(grantor, allowed, refused, tmp_path, name):
    details = fixed_scopes(classes=["trade_secret", name])
    refused("person_consent_required", grantor.fixed_token(authorization_details=details),
            where="authorization_details[0].classes")
    write_grantor(tmp_path, PERSON, grantor.entry())
    allowed(grantor.fixed_token(authorization_details=details, iss=PERSON, sub=PERSON), grantors=tmp_path)


# ---- other software ----

def test_a_token_of_jwcrypto_passes(grantor, allowed, refused):
    key = jwk.JWK.from_pyca(grantor.key)
    assert key.thumbprint() == grantor.kid
    signer = jws.JWS(compact(fixed_claims()))
    signer.add_signature(key, alg="EdDSA", protected=json.dumps(grantor.header(alg="EdDSA")))
    token = signer.serialize(compact=True)
    allowed(token)
    refused("consent_malformed", signer.serialize(compact=False))
