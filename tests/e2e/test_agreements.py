"""What a source and a bank have agreed: validity, the source's signature, `hufu agreement check`.

Covers: cli/agreement.c
"""
import hashlib
import json
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from support.deployment import HUFUD, PAYMENT
from support.tokens import b64url, compact

BANK = "911100001000044477"
NAME = f"{BANK}.tax.json"
AGREEMENT = {"bank": BANK, "source": "tax", "datasets": ["payment"], "purposes": ["pre_loan"],
             "classes": ["public", "trade_secret"], "not_before": "2026-01-01", "not_after": "2026-12-31",
             "contact": "数据处 0591-12345678"}
WITHIN, BEFORE, BEHIND = 1780000000, 1767196799, 1798732800  # 2026 in Shanghai


class Source:
    """A department's key, by other software; signs as RFC 7515 appendix F says."""

    def __init__(self):
        self.key = ed25519.Ed25519PrivateKey.generate()
        raw = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.jwk = {"crv": "Ed25519", "kty": "OKP", "x": b64url(raw)}
        self.kid = b64url(hashlib.sha256(compact(self.jwk)).digest())

    def sign(self, content: bytes, **header) -> str:
        head = b64url(compact({"alg": "Ed25519", "typ": "agreement+jws", "kid": self.kid, **header}))
        return head + ".." + b64url(self.key.sign((head + "." + b64url(content)).encode()))


@pytest.fixture
def source(tmp_path):
    made = Source()
    made.file = tmp_path / "tax.jwk"
    made.file.write_text(json.dumps(made.jwk))
    return made


@pytest.fixture
def path(tmp_path):
    at = tmp_path / NAME
    at.write_text(json.dumps(AGREEMENT, ensure_ascii=False))
    return at


def signature_of(path):
    return path.with_name(path.name + ".jws")


# ---- the tool ----

def test_an_agreement_is_told_with_its_ends_and_its_contact(hufu, path):
    ran = hufu("agreement", "check", path, "--at", WITHIN)
    assert ran.code == 0 and ran.err == ""
    assert ran.out == (f"{path}: in_force, 2025-12-31T16:00:00Z to 2026-12-31T16:00:00Z, "
                       f"signature none, contact 数据处 0591-12345678\n")
    (told,) = json.loads(hufu("agreement", "check", path, "--at", WITHIN, "--json").out)["agreements"]
    assert told == {"file": str(path), "bank": BANK, "source": "tax", "state": "in_force",
                    "not_before": 1767196800, "not_after": 1798732800, "signature": "none",
                    "contact": AGREEMENT["contact"]}


@pytest.mark.parametrize("at, state, code", [(BEFORE, "early", 1), (BEFORE + 1, "in_force", 0),
                                             (BEHIND - 1, "in_force", 0), (BEHIND, "ended", 1)])
def test_an_agreement_holds_for_whole_days_in_shanghai(hufu, path, at, state, code):
    ran = hufu("agreement", "check", path, "--at", at)
    assert ran.code == code and f": {state}, " in ran.out


@pytest.mark.parametrize("change, words", [
    ({"datasets": ["payment", "samr/x"]}, "datasets"), ({"classes": []}, "classes"),
    ({"bank": "91350100M000100Y43"}, "named"), ({"surprise": 1}, "member"), ({"contact": 5}, "contact"),
    ({"contact": "x" * 257}, "contact"), ({"not_after": "2025-12-31"}, "not_after")])
def test_a_mistake_has_file_line_and_column(hufu, path, change, words):
    path.write_text(json.dumps({**AGREEMENT, **change}, indent=1))
    ran = hufu("agreement", "check", path, "--at", WITHIN)
    assert ran.code == 1 and ran.out == "" and words in ran.err
    assert ran.err.startswith(f"{path}:"), ran.err
    line, column = ran.err[len(str(path)) + 1:].split(":")[:2]
    assert int(line) >= 1 and int(column) >= 1


def test_a_signature_of_the_source_is_checked(hufu, path, source):
    check = ["agreement", "check", path, "--at", WITHIN]
    ran = hufu(*check, "--key", source.file)
    assert ran.code == 1 and "not signed" in ran.err
    signature_of(path).write_text(source.sign(path.read_bytes()) + "\n")
    assert ", signature valid," in hufu(*check, "--key", source.file).out
    assert ", signature not_checked," in hufu(*check).out
    path.write_text(path.read_text() + " ")
    ran = hufu(*check, "--key", source.file)
    assert ran.code == 1 and "what was signed" in ran.err


@pytest.mark.parametrize("header", [{"typ": "consent+jwt"}, {"typ": "JWT"}, {"alg": "none"}, {"alg": "ES256"},
                                    {"kid": "another"}, {"jku": "https://evil.example"}, {"b64": False}])
def test_a_signature_of_another_shape_does_not_hold(hufu, path, source, header):
    signature_of(path).write_text(source.sign(path.read_bytes(), **header))
    ran = hufu("agreement", "check", path, "--at", WITHIN, "--key", source.file)
    assert ran.code == 1 and ".jws" in ran.err and ran.out == ""


def test_several_files_each_have_their_line(hufu, path, tmp_path):
    other = tmp_path / f"{BANK}.samr.json"
    other.write_text(json.dumps({**AGREEMENT, "source": "samr"}))
    broken = tmp_path / f"{BANK}.court.json"
    broken.write_text("{}")
    ran = hufu("agreement", "check", path, other, "--at", WITHIN)
    assert ran.code == 0 and len(ran.out.splitlines()) == 2
    ran = hufu("agreement", "check", path, broken, other, "--at", WITHIN)
    assert ran.code == 1 and len(ran.out.splitlines()) == 2 and str(broken) in ran.err
    assert hufu("agreement", "check", path, tmp_path / "missing.json", "--at", WITHIN).code == 4
    assert hufu("agreement", "check").code == 2
    assert hufu("agreement", "check", path, "--key", broken).code == 4


# ---- the gateway ----

def sign_all(gateway, source, name="tax"):
    for path in (gateway.dir / "agreements").glob(f"*.{name}.json"):
        signature_of(path).write_text(source.sign(path.read_bytes()))


def check(gateway):
    done = subprocess.run([HUFUD, "--config", gateway.dir / "hufud.json", "--check"], capture_output=True,
                          text=True, check=False)
    return done.returncode, done.stderr


def test_of_a_source_that_signs_only_what_it_signed_counts(deploy, source):
    gateway = deploy()
    gateway.configure(lambda config: config["sources"]["tax"].update(agreement_key=str(source.file)))
    code, words = check(gateway)
    assert code == 1 and ".tax.json" in words and "not signed" in words
    sign_all(gateway, source)
    assert check(gateway)[0] == 0
    gateway.serve("tax")
    gateway.start()
    token = gateway.token()
    assert gateway.ask(PAYMENT, consent=token).status == 200
    name = f"agreements/{gateway.banks['a'].uscc}.tax.json"
    gateway.edit(name, lambda agreement: agreement.update(datasets=["payment", "invoice"]))
    assert "what was signed" in gateway.reload(ok=False)
    assert gateway.ask(PAYMENT, consent=token).status == 200  # what was loaded before still stands
    gateway.edit(name, lambda agreement: agreement.update(datasets=["rating"]))
    sign_all(gateway, source)
    gateway.reload()
    assert gateway.ask(PAYMENT, consent=token).code == "agreement_denied"


def test_a_signature_that_nobody_can_check_is_a_mistake(deploy, source):
    gateway = deploy()
    sign_all(gateway, source)
    code, words = check(gateway)
    assert code == 1 and "cannot be checked" in words


@pytest.mark.parametrize("times, code", [
    ({"not_before": 1, "not_after": 2}, "agreement_denied"),
    ({"not_before": 4000000000, "not_after": 4000000001}, "agreement_denied"),
    ({"not_before": 1, "not_after": 4000000000}, None)])
def test_an_agreement_outside_its_time_allows_nothing(deploy, times, code):
    gateway = deploy()
    for path in (gateway.dir / "agreements").iterdir():
        gateway.edit(f"agreements/{path.name}", lambda agreement: agreement.update(times))
    gateway.serve("tax")
    gateway.start()
    answer = gateway.ask(PAYMENT, consent=gateway.token())
    assert answer.code == code if code else answer.status == 200
