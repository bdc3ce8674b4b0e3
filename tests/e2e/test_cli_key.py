"""hufu key new, hufu key show: files that other software reads, and files that it wrote.

Covers: cli/key.c
"""
import base64
import hashlib
import json
import os
import stat

import pytest


def thumbprint(jwk):
    members = {name: jwk[name] for name in ("crv", "kty", "x", "y") if name in jwk}
    text = json.dumps(members, separators=(",", ":"), sort_keys=True).encode()
    return base64.urlsafe_b64encode(hashlib.sha256(text).digest()).rstrip(b"=").decode()


def test_a_new_key_is_read_by_openssl(hufu, openssl, tmp_path):
    path = tmp_path / "a.pem"
    made = hufu("key", "new", "--alg", "Ed25519", "--out", path)
    assert made.code == 0 and made.err == ""
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    spki = openssl("pkey", "-in", path, "-pubout", "-outform", "DER")
    jwk = json.loads(hufu("key", "show", "--json", path).out)
    assert base64.urlsafe_b64decode(jwk["x"] + "=") == spki[-32:]
    assert jwk == {**jwk, "kty": "OKP", "crv": "Ed25519", "alg": "Ed25519"}
    assert "d" not in jwk
    assert made.out == thumbprint(jwk) + "\n" and jwk["kid"] == thumbprint(jwk)


def test_a_key_of_openssl_is_read(hufu, openssl, tmp_path):
    path = tmp_path / "b.pem"
    path.write_bytes(openssl("genpkey", "-algorithm", "ED25519"))
    path.chmod(0o600)
    shown = hufu("key", "show", path)
    spki = openssl("pkey", "-in", path, "-pubout", "-outform", "DER")
    x = base64.urlsafe_b64encode(spki[-32:]).rstrip(b"=").decode()
    assert shown.code == 0 and f'"x":"{x}"' in shown.out


def test_the_file_is_byte_for_byte_what_openssl_writes(hufu, openssl, tmp_path):
    path = tmp_path / "a.pem"
    hufu("key", "new", "--alg", "EdDSA", "--out", path)
    assert openssl("pkey", "-in", path) == path.read_bytes()


def test_the_private_part_is_never_printed(hufu, openssl, tmp_path):
    path = tmp_path / "a.pem"
    made = hufu("key", "new", "--alg", "Ed25519", "--out", path)
    seed = openssl("pkey", "-in", path, "-outform", "DER")[-32:]
    spoken = made.out + made.err + hufu("key", "show", path).out + hufu("key", "show", "--json", path).out
    for spelled in (seed.hex(), base64.b64encode(seed).decode(), base64.urlsafe_b64encode(seed).decode()):
        assert spelled.rstrip("=") not in spoken


def test_an_existing_file_is_not_replaced(hufu, tmp_path):
    path = tmp_path / "a.pem"
    path.write_text("precious")
    ran = hufu("key", "new", "--alg", "Ed25519", "--out", path)
    assert ran.code == 1 and str(path) in ran.err
    assert path.read_text() == "precious"
    assert os.listdir(tmp_path) == ["a.pem"]


CURVES = {"ES256": ("P-256", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
          "SM2": ("SM2", ["-algorithm", "SM2"])}


@pytest.mark.parametrize("alg", CURVES)
def test_a_new_key_of_a_curve_is_read_by_openssl(hufu, openssl, tmp_path, alg):
    path = tmp_path / "a.pem"
    made = hufu("key", "new", "--alg", alg, "--out", path)
    assert made.code == 0 and stat.S_IMODE(os.stat(path).st_mode) == 0o600
    spki = openssl("pkey", "-in", path, "-pubout", "-outform", "DER")
    jwk = json.loads(hufu("key", "show", "--json", path).out)
    assert jwk["kty"] == "EC" and jwk["crv"] == CURVES[alg][0] and jwk["alg"] == alg
    assert base64.urlsafe_b64decode(jwk["x"] + "=") + base64.urlsafe_b64decode(jwk["y"] + "=") == spki[-64:]
    assert made.out == thumbprint(jwk) + "\n" and jwk["kid"] == thumbprint(jwk)
    assert openssl("pkey", "-in", path) == path.read_bytes()


@pytest.mark.parametrize("alg", CURVES)
def test_a_key_of_a_curve_of_openssl_is_read(hufu, openssl, tmp_path, alg):
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    private.write_bytes(openssl("genpkey", *CURVES[alg][1]))
    private.chmod(0o600)
    public.write_bytes(openssl("pkey", "-in", private, "-pubout"))
    public.chmod(0o644)  # open to all: it is public
    shown = hufu("key", "show", "--json", private)
    assert shown.code == 0 and json.loads(shown.out)["alg"] == alg
    assert hufu("key", "show", "--json", public).out == shown.out


def test_a_public_key_that_is_cut_is_no_key(hufu, openssl, tmp_path):
    path = tmp_path / "a.pem"
    made = hufu("key", "new", "--alg", "SM2", "--out", path)
    public = openssl("pkey", "-in", path, "-pubout")
    path.write_bytes(public[:100])
    assert made.code == 0 and hufu("key", "show", path).code == 4


@pytest.mark.parametrize("words", [
    ["--alg", "RS256", "--out", "x"],
    ["--alg", "none", "--out", "x"],
    ["--alg", "Ed25519"],
    ["--out", "x"],
    ["--alg", "Ed25519", "--alg", "Ed25519", "--out", "x"],
    ["--alg", "Ed25519", "--out", "x", "y"],
])
def test_wrong_usage_of_new(hufu, tmp_path, words):
    ran = hufu("key", "new", *words, cwd=tmp_path)
    assert ran.code == 2 and "Usage: hufu key new" in ran.err and os.listdir(tmp_path) == []


def test_a_folder_that_is_not_there(hufu, tmp_path):
    ran = hufu("key", "new", "--alg", "Ed25519", "--out", tmp_path / "no" / "a.pem")
    assert ran.code == 4 and "No such file or directory" in ran.err


def test_a_key_that_others_may_read_is_refused(hufu, openssl, tmp_path):
    path = tmp_path / "a.pem"
    path.write_bytes(openssl("genpkey", "-algorithm", "ED25519"))
    path.chmod(0o644)
    ran = hufu("key", "show", path)
    assert ran.code == 4 and str(path) in ran.err and "too open" in ran.err


@pytest.mark.parametrize("arguments, word", [
    (["-algorithm", "X25519"], "only Ed25519"),
    (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"], "only Ed25519"),
    (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt",
      "ec_param_enc:explicit"], "only Ed25519"),
    (["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "only Ed25519"),
    (["-algorithm", "ED25519", "-aes256", "-pass", "pass:x"], "encrypted"),
])
def test_other_keys_are_named(hufu, openssl, tmp_path, arguments, word):
    path = tmp_path / "a.pem"
    path.write_bytes(openssl("genpkey", *arguments))
    path.chmod(0o600)
    ran = hufu("key", "show", path)
    assert ran.code == 4 and ran.out == "" and word in ran.err


@pytest.mark.parametrize("content", [b"", b"hello", b"\x00" * 5000])
def test_what_is_no_key_cannot_be_read(hufu, tmp_path, content):
    path = tmp_path / "a.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    ran = hufu("key", "show", path)
    assert ran.code == 4 and ran.out == ""
    assert hufu("key", "show", tmp_path / "missing").code == 4
    assert hufu("key", "show", tmp_path).code == 4
