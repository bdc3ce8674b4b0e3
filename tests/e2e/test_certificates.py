"""R22: consents whose signers bring certificates, and the valid neighbour of each that is refused.

The authorities are the openssl command's (SM2) and python3-cryptography's (P-256).
"""
import json
import time

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from support import tokens
from support.authority import (CLIENT, ENCRYPTION, ORGANISATION, SERVER, SIGNER, P256Ca, Sm2Ca, in_extension,
                               rsa_key, with_certificates, write_authority)
from support.deployment import A
from support.tokens import AUD, DAY_S, ISS, fixed_claims

CODE = ISS.removeprefix("uscc:")
OTHER = "91999999MA0000A00C"
SUBJECT = f"/CN=Enterprise/serialNumber={CODE}"
INVALID = "consent_signature_invalid"
PAYMENT = f"/tax/payment/{A}.json"


def token_of(grantor, *ders, **header):
    now = int(time.time())
    return with_certificates(grantor, *ders).sign(
        fixed_claims(iat=now, nbf=now, exp=now + 30 * DAY_S), **header)


@pytest.fixture
def judge(hufu, tmp_path):
    """judge(authorities, token) -> "allow" or the code; the attribute stands in judge.where."""
    def run(folder, token, *more):
        empty = tmp_path / "no-grantors"
        empty.mkdir(exist_ok=True)
        words = ["--authorities", folder] if folder else []
        ran = hufu("consent", "verify", "-", "--grantors", empty, "--aud", AUD, "--json", *words, *more,
                   stdin=token.encode())
        assert ran.code in (0, 1), ran
        verdict = json.loads(ran.out)
        run.where = verdict.get("where")
        return verdict.get("code", verdict["verdict"])

    return run


# ---- SM2, by the openssl command ----

@pytest.fixture(scope="module")
def sm2(tmp_path_factory):
    """Root, middle and a signer; the folder that trusts the root."""
    class Place:
        pass

    place = Place()
    place.work = tmp_path_factory.mktemp("sm2")
    place.root = Sm2Ca(place.work, "root")
    place.middle = Sm2Ca(place.work, "middle", place.root)
    place.signer = place.middle.issue(ISS, SUBJECT)
    place.folder = trust(place, place.work / "authorities")
    return place


def trust(place, folder, lists=None, **members):
    folder.mkdir()
    lists = lists or {"root.crl": place.root.crl(), "middle.crl": place.middle.crl()}
    write_authority(folder, "ca", place.root.pem, lists, **members)
    return folder


def test_r22_a_chain_of_three_sm2_certificates(sm2, judge):
    assert judge(sm2.folder, token_of(sm2.signer, sm2.signer.der, sm2.middle.der)) == "allow"


def test_r22_three_certificates_beside_the_root(sm2, judge, tmp_path):
    lower = Sm2Ca(tmp_path, "lower", sm2.middle)
    signer = lower.issue(ISS, SUBJECT)
    folder = trust(sm2, tmp_path / "a", {"r": sm2.root.crl(), "m": sm2.middle.crl(), "l": lower.crl()})
    chain = [signer.der, lower.der, sm2.middle.der]
    assert judge(folder, token_of(signer, *chain)) == "allow"
    assert judge(folder, token_of(signer, *chain, sm2.root.der)) == "consent_malformed"
    assert judge.where == "header.x5c"


@pytest.mark.parametrize("distid", ["", "1234567812345679"])
@pytest.mark.parametrize("which", ["signer", "middle"])
def test_r22_one_certificate_under_another_id(sm2, judge, tmp_path, which, distid):
    middle = Sm2Ca(tmp_path, "other", sm2.root, distid=distid if which == "middle" else tokens.SM2_ID)
    signer = middle.issue(ISS, SUBJECT, distid=distid if which == "signer" else tokens.SM2_ID)
    good = middle.issue(ISS, SUBJECT)
    folder = trust(sm2, tmp_path / "a", {"r": sm2.root.crl(), "m": middle.crl()})
    assert judge(folder, token_of(signer, signer.der, middle.der)) == INVALID
    expected = "allow" if which == "signer" else INVALID
    assert judge(folder, token_of(good, good.der, middle.der)) == expected


def test_r22_an_expired_or_early_sm2_certificate(sm2, judge):
    now = int(time.time())
    for begins, ends, expected in ((now - 9 * DAY_S, now - DAY_S, INVALID), (now + DAY_S, now + 9 * DAY_S, INVALID),
                                   (now - 9 * DAY_S, now + DAY_S, "allow")):
        signer = sm2.middle.issue(ISS, SUBJECT, begins=begins, ends=ends)
        assert judge(sm2.folder, token_of(signer, signer.der, sm2.middle.der)) == expected


def test_r22_a_revoked_sm2_certificate(sm2, judge, tmp_path):
    revoked, kept = sm2.middle.issue(ISS, SUBJECT), sm2.middle.issue(ISS, SUBJECT)
    sm2.middle.revoke(revoked.pem_cert)
    folder = trust(sm2, tmp_path / "a")
    assert judge(folder, token_of(revoked, revoked.der, sm2.middle.der)) == INVALID
    assert judge(folder, token_of(kept, kept.der, sm2.middle.der)) == "allow"


def test_r22_a_revoked_sm2_authority(sm2, judge, tmp_path):
    revoked, kept = Sm2Ca(tmp_path, "revoked", sm2.root), Sm2Ca(tmp_path, "kept", sm2.root)
    signers = {ca: ca.issue(ISS, SUBJECT) for ca in (revoked, kept)}
    sm2.root.revoke(revoked.pem)
    folder = trust(sm2, tmp_path / "a", {"r": sm2.root.crl(), "1": revoked.crl(), "2": kept.crl()})
    for ca, expected in ((revoked, INVALID), (kept, "allow")):
        assert judge(folder, token_of(signers[ca], signers[ca].der, ca.der)) == expected


def test_r22_a_middle_that_is_no_authority(sm2, judge, tmp_path):
    extensions = "keyUsage=critical,keyCertSign,cRLSign\nbasicConstraints=critical,CA:FALSE\n"
    middle = Sm2Ca(tmp_path, "no-ca", sm2.root, extensions=extensions)
    signer = middle.issue(ISS, SUBJECT)
    folder = trust(sm2, tmp_path / "a", {"r": sm2.root.crl(), "m": middle.crl()})
    assert judge(folder, token_of(signer, signer.der, middle.der)) == INVALID


def test_r22_the_encryption_certificate_of_the_pair(sm2, judge):
    signer = sm2.middle.issue(ISS, SUBJECT, ENCRYPTION)
    assert judge(sm2.folder, token_of(signer, signer.der, sm2.middle.der)) == INVALID


def test_r22_a_code_in_an_extension(sm2, judge, tmp_path):
    signer = sm2.middle.issue(ISS, "/CN=Enterprise", SIGNER + f"{ORGANISATION}=ASN1:UTF8String:{CODE}\n")
    token = token_of(signer, signer.der, sm2.middle.der)
    folder = trust(sm2, tmp_path / "a", uscc={"extension": ORGANISATION})
    assert judge(folder, token) == "allow"
    assert judge(sm2.folder, token) == INVALID


def test_r22_a_list_under_the_wrong_id_or_too_old(sm2, judge, tmp_path):
    token = token_of(sm2.signer, sm2.signer.der, sm2.middle.der)
    old = int(time.time()) - 49 * 3600
    for name, crl, expected in (("a", sm2.middle.crl(distid=""), INVALID), ("b", sm2.middle.crl(updated=old), INVALID),
                                ("c", sm2.middle.crl(updated=old + 7200), "allow")):
        folder = trust(sm2, tmp_path / name, {"r": sm2.root.crl(), "m": crl})
        assert judge(folder, token) == expected
    folder = trust(sm2, tmp_path / "d", {"r": sm2.root.crl()})
    assert judge(folder, token) == INVALID


# ---- P-256, by python3-cryptography ----

@pytest.fixture
def p256(tmp_path):
    class Place:
        root = P256Ca("Root")
        folder = tmp_path / "authorities"

    Place.middle = P256Ca("Middle", Place.root)
    trust(Place, Place.folder)
    return Place


def test_r22_a_p256_chain(p256, judge):
    signer = p256.middle.issue(ISS, CODE)
    token = token_of(signer, signer.der, p256.middle.der)
    assert judge(p256.folder, token) == "allow"
    assert judge(None, token) == "consent_malformed"  # a deployment that takes no certificates
    assert judge.where == "header.x5c"


def test_r22_certificates_in_another_order_or_number(p256, judge):
    signer = p256.middle.issue(ISS, CODE)
    leaf, middle, root = signer.der, p256.middle.der, p256.root.der
    for chain in ((leaf,), (middle, leaf), (leaf, root), (leaf, middle, root), (leaf, leaf, middle),
                  (leaf, middle, middle), (leaf[:-1], middle), (leaf + b"\0", middle), (b"\x30\0", middle)):
        assert judge(p256.folder, token_of(signer, *chain)) == INVALID
    assert judge(p256.folder, token_of(signer, leaf, middle)) == "allow"


@pytest.mark.parametrize("how, expected", [
    ({}, "allow"), ({"extended": [CLIENT]}, "allow"), ({"extended": [SERVER]}, INVALID),
    ({"usage": None}, INVALID), ({"usage": ("content_commitment",)}, INVALID),
    ({"usage": ("digital_signature",)}, "allow"),
    ({"usage": ("digital_signature", "key_encipherment")}, INVALID),
    ({"usage": ("digital_signature", "key_agreement")}, INVALID),
    ({"is_ca": True}, INVALID), ({"digest": hashes.SHA1}, INVALID), ({"digest": hashes.SHA384}, INVALID)],
    ids=str)
def test_r22_what_a_signers_certificate_must_be(p256, judge, how, expected):
    signer = p256.middle.issue(ISS, CODE, **how)
    assert judge(p256.folder, token_of(signer, signer.der, p256.middle.der)) == expected


@pytest.mark.parametrize("make", [rsa_key, lambda: ec.generate_private_key(ec.SECP384R1()),
                                  lambda: ec.generate_private_key(ec.SECP256K1())])
def test_r22_keys_of_other_kinds(p256, judge, make):
    signer = p256.middle.issue(ISS, CODE, key=make())
    assert judge(p256.folder, token_of(signer, signer.der, p256.middle.der)) == INVALID


@pytest.mark.parametrize("code, where", [(OTHER, "iss"), (CODE[:-1] + "4", "header.x5c"), (None, "header.x5c"),
                                         (CODE + " x", "header.x5c")])
def test_r22_a_code_that_is_not_the_issuers(p256, judge, code, where):
    signer = p256.middle.issue(ISS, code)
    assert judge(p256.folder, token_of(signer, signer.der, p256.middle.der)) == INVALID
    assert judge.where == where


def test_r22_an_enterprise_certified_cannot_sign_for_another(p256, judge):
    signer = p256.middle.issue(ISS, OTHER)
    now = int(time.time())
    claims = {"iat": now, "nbf": now, "exp": now + DAY_S}
    other = {**claims, "iss": f"uscc:{OTHER}", "sub": f"uscc:{OTHER}"}
    with_certificates(signer, signer.der, p256.middle.der)
    assert judge(p256.folder, signer.sign(fixed_claims(**claims))) == INVALID
    assert judge(p256.folder, signer.sign(fixed_claims(**other))) == "allow"


@pytest.mark.parametrize("tag, text", [(0x0C, CODE), (0x13, CODE), (0x16, CODE), (0x0C, CODE.lower())])
def test_r22_encodings_of_the_code(p256, judge, tmp_path, tag, text):
    signer = p256.middle.issue(ISS, more=[in_extension(text.encode(), tag)])
    folder = trust(p256, tmp_path / "by-extension", uscc={"extension": ORGANISATION})
    assert judge(folder, token_of(signer, signer.der, p256.middle.der)) == "allow"


def test_r22_the_signature_is_the_certified_keys(p256, judge):
    signer, other = p256.middle.issue(ISS, CODE), p256.middle.issue(ISS, CODE)
    assert judge(p256.folder, token_of(signer, other.der, p256.middle.der)) == INVALID
    assert judge(p256.folder, token_of(signer, signer.der, p256.middle.der, alg="SM2")) == INVALID
    assert judge(p256.folder, token_of(signer, signer.der, p256.middle.der)) == "allow"


def test_r22_an_authority_that_is_not_trusted(p256, judge):
    stranger = P256Ca("Root")
    middle = P256Ca("Middle", stranger)
    signer = middle.issue(ISS, CODE)
    assert judge(p256.folder, token_of(signer, signer.der, middle.der)) == INVALID


# ---- the folder ----

@pytest.mark.parametrize("change, word", [
    ({"other": 1}, "ca.json"), ({"uscc": {"subject": "O", "x": 1}}, "uscc"), ({"uscc": {}}, "uscc"),
    ({"crl_max_age_hours": 0}, "crl_max_age_hours"), ({"crls": "missing"}, "missing"),
    ({"root": "missing.pem"}, "missing.pem"), ({"root": "../ca.pem"}, "root")], ids=str)
def test_a_mistake_in_the_folder_is_named(p256, hufu, tmp_path, change, word):
    folder = trust(p256, tmp_path / "wrong", **change)
    ran = hufu("consent", "verify", "a.b.c", "--grantors", tmp_path, "--aud", AUD, "--authorities", folder)
    assert ran.code == 4 and word in ran.err, ran


# ---- at a gateway ----

@pytest.fixture
def place(deploy):
    """A gateway that believes one P-256 authority."""
    deployment = deploy()
    deployment.root = P256Ca("Root")
    deployment.middle = P256Ca("Middle", deployment.root)
    (deployment.dir / "authorities").mkdir()
    deployment.publish = lambda updated=None: write_authority(
        deployment.dir / "authorities", "ca", deployment.root.pem,
        {"root.crl": deployment.root.crl(updated), "middle.crl": deployment.middle.crl(updated)})
    deployment.publish()
    deployment.configure(lambda config: config.setdefault("paths", {}).update(authorities="authorities"))
    deployment.serve("tax")
    deployment.start()
    return deployment


def certified(place, **how):
    signer = place.middle.issue(f"uscc:{A}", A, **how)
    return with_certificates(signer, signer.der, place.middle.der)


def test_a_certified_consent_opens_data_until_it_is_revoked(place):
    signer, other = certified(place), certified(place)
    token, neighbour = place.token(grantor=signer), place.token(grantor=other)
    assert place.ask(PAYMENT, consent=token).status == 200
    assert place.register(neighbour).status == 201
    time.sleep(1.1)  # the token came in a second before that of the revocation
    place.middle.revoke(signer.cert)
    place.publish(updated=int(time.time()))
    place.reload()
    assert place.ask(PAYMENT, consent=token).code == "consent_revoked"
    assert place.ask(PAYMENT, fields=[("consent-id", tokens.name_of(neighbour))]).status == 200
    assert place.ask(PAYMENT, consent=place.token(grantor=signer)).code == INVALID


def test_a_certificate_that_ends_later_voids_nothing(place):
    signer = certified(place, ends=int(time.time()) + 4)
    token = place.token(grantor=signer)
    assert place.register(token).status == 201
    time.sleep(max(0, signer.cert.not_valid_after.timestamp() - time.timezone + 1.5 - time.time()))
    assert place.ask(PAYMENT, fields=[("consent-id", tokens.name_of(token))]).status == 200
    assert place.ask(PAYMENT, consent=token).status == 200
    assert place.ask(PAYMENT, consent=place.token(grantor=signer)).code == INVALID


def test_a_certified_signer_revokes_by_certificate(place):
    signer = certified(place)
    token = place.token(grantor=signer)
    assert place.ask(PAYMENT, consent=token).status == 200
    assert place.revoke(token, grantor=signer).status == 200
    assert place.ask(PAYMENT, consent=token).code == "consent_revoked"


def test_a_gateway_without_authorities_takes_no_certificates(place):
    token = place.token(grantor=certified(place))
    place.configure(lambda config: config["paths"].pop("authorities"))
    place.stop()
    place.start()
    answer = place.ask(PAYMENT, consent=token)
    assert (answer.status, answer.code) == (400, "consent_malformed")
    assert answer.problem["attribute"] == "header.x5c"
