"""hufu init: what it lays out holds together, and what fails leaves nothing.

Covers: cli/init.c cli/init_demo.c cli/init_keys.c cli/init_policy.c
"""
import base64
import hashlib
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess

import pytest

SOURCE = pathlib.Path(__file__).parents[2]
EXAMPLES = SOURCE / "examples"
A = "911100001000044477"
B = "91100000100003962T"
ENTERPRISE = "uscc:91350100M000100Y43"


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def place(hufu, tmp_path_factory):
    path = tmp_path_factory.mktemp("init") / "gateway"
    ran = hufu("init", path, "--port", "18443", "--examples", EXAMPLES)
    assert ran.code == 0 and ran.err == "", ran
    assert f"hufud --config {path}/hufud.json" in ran.out
    return path


def load(path):
    return json.loads(path.read_text())


def test_the_tree_is_the_contract(place):
    expected = {
        "hufud.json", "policy.json", "catalogs/tax.json", "catalogs/samr.json",
        f"banks/{A}.json", f"banks/{B}.json", "grantors/uscc_91350100M000100Y43.jwks",
        "keys/tls.pem", "keys/tls.key", "keys/log.key", "keys/gateway.key", "keys/operator.key", "keys/tag.key",
        "keys/pseudonym.key", "ca/ca.pem", "auditor/log.policy",
        "demo/bank-a/bank.pem", "demo/bank-a/bank.key", "demo/bank-b/bank.pem", "demo/bank-b/bank.key",
        "demo/enterprise/enterprise.key", "demo/enterprise/claims.json", "demo/enterprise/what-you-sign.txt",
        "demo/sources/tax.pem", "demo/sources/tax.key", "demo/sources/samr.pem", "demo/sources/samr.key",
        *(f"agreements/{bank}.{source}.json" for bank in (A, B) for source in ("tax", "samr")),
    }
    files = {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}
    assert {name for name in files if not name.startswith("log/")} == expected
    assert (place / "registry").is_dir() and (place / "log" / "wal").is_dir()
    assert os.listdir(place.parent) == [place.name]


def test_no_secret_is_open_to_others(place):
    assert stat.S_IMODE(os.stat(place).st_mode) == 0o700
    keys = [path for path in place.rglob("*") if path.suffix == ".key"]
    assert len(keys) == 11
    for path in keys:
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600, path


def test_secrets_are_random(hufu, place, tmp_path):
    other = tmp_path / "other"
    assert hufu("init", other, "--examples", EXAMPLES).code == 0
    for path in place.rglob("*.key"):
        text = path.read_text()
        assert text != (other / path.relative_to(place)).read_text()
    for name in ("operator", "tag", "pseudonym"):
        line = (place / "keys" / f"{name}.key").read_text()
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}\n", line)


def test_the_configuration_names_the_ports(place):
    config = load(place / "hufud.json")
    assert config["audience"] == "https://localhost:18443"
    assert config["listen"] == {"banks": "127.0.0.1:18443", "public": "127.0.0.1:18444",
                                "ops": "127.0.0.1:18445"}
    assert config["sources"]["tax"]["url"] == "https://127.0.0.1:18446"
    assert config["sources"]["samr"]["url"] == "https://127.0.0.1:18447"
    assert config["origin"] == (place / "log" / "origin").read_text().strip()


def test_policy_and_catalogs_are_copied_byte_for_byte(place):
    for name in ("policy.json", "catalogs/tax.json", "catalogs/samr.json"):
        assert (place / name).read_bytes() == (EXAMPLES / name).read_bytes()


def test_agreements_cover_every_dataset_of_the_catalogs(place):
    for source in ("tax", "samr"):
        catalog = load(place / "catalogs" / f"{source}.json")
        datasets = {operation["x-hufu"]["dataset"] for path in catalog["paths"].values()
                    for operation in path.values() if "x-hufu" in operation}
        for bank in (A, B):
            agreement = load(place / "agreements" / f"{bank}.{source}.json")
            assert agreement["bank"] == bank and agreement["source"] == source
            assert set(agreement["datasets"]) == datasets and len(agreement["datasets"]) == len(datasets)


@pytest.mark.parametrize("name, purpose, word", [
    ("keys/tls", "sslserver", "TLS Web Server Authentication"),
    ("demo/sources/tax", "sslserver", "TLS Web Server Authentication"),
    ("demo/sources/samr", "sslserver", "TLS Web Server Authentication"),
    ("demo/bank-a/bank", "sslclient", "TLS Web Client Authentication"),
    ("demo/bank-b/bank", "sslclient", "TLS Web Client Authentication"),
])
def test_certificates_verify_for_their_purpose(openssl, place, name, purpose, word):
    openssl("verify", "-x509_strict", "-CAfile", place / "ca" / "ca.pem", "-purpose", purpose,
            place / f"{name}.pem")
    text = openssl("x509", "-in", place / f"{name}.pem", "-noout", "-text").decode()
    assert word in text and "CA:FALSE" in text and "NIST CURVE: P-256" in text
    if purpose == "sslserver":
        assert "DNS:localhost, IP Address:127.0.0.1" in text
    key = openssl("pkey", "-in", place / f"{name}.key", "-pubout")
    assert key == openssl("x509", "-in", place / f"{name}.pem", "-noout", "-pubkey")


def test_the_authoritys_key_is_nowhere(openssl, place):
    root = openssl("x509", "-in", place / "ca" / "ca.pem", "-noout", "-pubkey")
    for path in place.rglob("*.key"):
        if "PRIVATE KEY" in path.read_text():
            assert openssl("pkey", "-in", path, "-pubout") != root


def test_banks_are_on_file_with_their_certificates(hufu, openssl, place):
    for uscc, folder in ((A, "bank-a"), (B, "bank-b")):
        der = openssl("x509", "-in", place / "demo" / folder / "bank.pem", "-outform", "DER")
        assert load(place / "banks" / f"{uscc}.json")["certs"] == [hashlib.sha256(der).hexdigest()]
    assert hufu("bank", "list", place).code == 0


def test_the_claims_bind_the_first_bank(openssl, place):
    claims = load(place / "demo" / "enterprise" / "claims.json")
    cert = place / "demo" / "bank-a" / "bank.pem"
    der = openssl("x509", "-in", cert, "-outform", "DER")
    point = openssl("pkey", "-pubin", "-outform", "DER", stdin=openssl("x509", "-in", cert, "-noout", "-pubkey"))[-64:]
    jwk = {"crv": "P-256", "kty": "EC", "x": b64url(point[:32]), "y": b64url(point[32:])}
    text = json.dumps(jwk, separators=(",", ":"), sort_keys=True).encode()
    assert claims["cnf"] == {"x5t#S256": b64url(hashlib.sha256(der).digest()),
                             "jkt": b64url(hashlib.sha256(text).digest())}
    assert claims["iss"] == claims["sub"] == ENTERPRISE
    assert claims["rcpt"] == f"uscc:{A}" and claims["aud"] == "https://localhost:18443"
    notice = (place / "demo" / "enterprise" / "what-you-sign.txt").read_bytes()
    assert claims["notice"]["sha256"] == b64url(hashlib.sha256(notice).digest())


def test_the_grantors_key_is_the_enterprises(hufu, place):
    grantor = load(place / "grantors" / "uscc_91350100M000100Y43.jwks")
    shown = hufu("key", "show", "--json", place / "demo" / "enterprise" / "enterprise.key").out
    assert grantor["iss"] == ENTERPRISE and grantor["keys"] == [json.loads(shown)]


def test_the_auditor_is_given_the_logs_key(openssl, place):
    log, quorum = (place / "auditor" / "log.policy").read_text().splitlines()
    assert quorum == "quorum none"
    word, vkey = log.split(" ")
    name, key_id, encoded = vkey.split("+", 2)
    public = openssl("pkey", "-in", place / "keys" / "log.key", "-pubout", "-outform", "DER")[-32:]
    assert word == "log" and base64.b64decode(encoded) == b"\x01" + public
    assert key_id == hashlib.sha256(name.encode() + b"\n\x01" + public).hexdigest()[:8]
    assert name == load(place / "hufud.json")["origin"]


def test_the_daemon_accepts_the_deployment(program, place):
    hufud = program.parents[1] / "gateway" / "hufud"
    done = subprocess.run([hufud, "--config", place / "hufud.json", "--check"], capture_output=True, timeout=60)
    assert done.returncode == 0, done


def test_the_enterprise_can_grant_and_the_bank_be_recognised(hufu, place):
    enterprise = place / "demo" / "enterprise"
    token = hufu("consent", "grant", "--key", enterprise / "enterprise.key", "--claims", enterprise / "claims.json")
    assert token.code == 0, token
    words = ["consent", "verify", "-", "--grantors", place / "grantors", "--aud", "https://localhost:18443"]
    good = hufu(*words, "--bank", A, "--cert", place / "demo/bank-a/bank.pem", stdin=token.out.encode())
    assert good.code == 0 and good.out.startswith("allow\n"), good
    other = hufu(*words, "--cert", place / "demo/bank-b/bank.pem", stdin=token.out.encode())
    assert other.code == 1 and "binding_mismatch" in other.out


def test_the_examples_of_the_tree_are_found_without_being_named(hufu, program, tmp_path):
    ran = hufu("init", tmp_path / "d")
    if program.parents[2] == SOURCE:
        assert ran.code == 0 and load(tmp_path / "d" / "hufud.json")["audience"] == "https://localhost:8443"
    else:
        assert ran.code == 2 and "--examples" in ran.err


def test_an_installed_program_finds_its_examples(program, tmp_path):
    (tmp_path / "bin").mkdir()
    shutil.copy(program, tmp_path / "bin" / "hufu")
    without = subprocess.run([tmp_path / "bin" / "hufu", "init", tmp_path / "d"], capture_output=True)
    assert without.returncode == 2 and b"--examples" in without.stderr
    shutil.copytree(EXAMPLES, tmp_path / "share" / "hufu" / "examples")
    found = subprocess.run([tmp_path / "bin" / "hufu", "init", tmp_path / "d"], capture_output=True)
    assert found.returncode == 0 and (tmp_path / "d" / "hufud.json").exists()


# ---- refusals ----


def test_a_folder_with_content_is_refused(hufu, tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "precious").write_text("x")
    ran = hufu("init", tmp_path / "d", "--examples", EXAMPLES)
    assert ran.code == 1 and "not empty" in ran.err
    assert os.listdir(tmp_path) == ["d"] and os.listdir(tmp_path / "d") == ["precious"]


def test_a_hidden_file_is_content_too(hufu, tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / ".precious").write_text("x")
    ran = hufu("init", tmp_path / "d", "--examples", EXAMPLES)
    assert ran.code != 0
    assert os.listdir(tmp_path) == ["d"] and os.listdir(tmp_path / "d") == [".precious"]


def test_twice_is_refused(hufu, place):
    before = (place / "keys" / "log.key").read_text()
    assert hufu("init", place, "--examples", EXAMPLES).code == 1
    assert (place / "keys" / "log.key").read_text() == before


def test_an_empty_folder_and_slashes_are_fine(hufu, tmp_path):
    (tmp_path / "d").mkdir()
    assert hufu("init", f"{tmp_path}/d//", "--examples", EXAMPLES).code == 0
    assert (tmp_path / "d" / "hufud.json").exists() and os.listdir(tmp_path) == ["d"]


def test_a_relative_place(hufu, tmp_path):
    assert hufu("init", "d", "--examples", EXAMPLES, cwd=tmp_path).code == 0
    assert (tmp_path / "d" / "hufud.json").exists()


def test_a_file_in_its_place_stays(hufu, tmp_path):
    (tmp_path / "d").write_text("precious")
    ran = hufu("init", tmp_path / "d", "--examples", EXAMPLES)
    assert ran.code in (1, 4) and (tmp_path / "d").read_text() == "precious"
    assert os.listdir(tmp_path) == ["d"]


def test_a_parent_that_is_not_there(hufu, tmp_path):
    ran = hufu("init", tmp_path / "no" / "d", "--examples", EXAMPLES)
    assert ran.code == 4 and os.listdir(tmp_path) == []


@pytest.mark.parametrize("words", [
    [], ["d", "e"], ["d", "--port", "0"], ["d", "--port", "65532"], ["d", "--port", "x"],
    ["d", "--port", "-1"], ["d", "--port", "08443"], ["d", "--port", "1", "--port", "1"], ["/"], [""],
])
def test_wrong_usage(hufu, tmp_path, words):
    ran = hufu("init", *words, cwd=tmp_path)
    assert ran.code == 2 and "Usage: hufu init" in ran.err and os.listdir(tmp_path) == []


def broken(tmp_path, name, change):
    examples = tmp_path / "examples"
    shutil.copytree(EXAMPLES, examples)
    change(examples / name)
    return examples


@pytest.mark.parametrize("name, change, code, word", [
    ("policy.json", pathlib.Path.unlink, 4, "policy.json"),
    ("catalogs/tax.json", pathlib.Path.unlink, 4, "catalogs/tax.json"),
    ("catalogs/samr.json", lambda path: path.write_text("{\n  oops"), 4, "samr.json:2:3"),
    ("catalogs/samr.json", lambda path: path.write_text('{"paths":{}}'), 1, "dataset"),
    ("catalogs/samr.json", lambda path: path.write_bytes(b"\xff"), 4, "samr.json:1:1"),
    ("policy.json", lambda path: path.write_bytes(b"x" * (2 << 20)), 4, "policy.json"),
])
def test_examples_with_a_mistake_leave_nothing(hufu, tmp_path, name, change, code, word):
    examples = broken(tmp_path, name, change)
    ran = hufu("init", tmp_path / "d", "--examples", examples)
    assert ran.code == code and word in ran.err, ran
    assert os.listdir(tmp_path) == ["examples"]


def test_examples_that_are_not_there(hufu, tmp_path):
    ran = hufu("init", tmp_path / "d", "--examples", tmp_path / "no")
    assert ran.code == 4 and os.listdir(tmp_path) == []


# ---- a disk that fails ----


@pytest.fixture(scope="module")
def faultfs(program):
    path = program.parents[1] / "tests" / "support" / "faultfs.so"
    if not path.exists():
        pytest.fail(f"{path} is not built")
    return path


def with_fault(program, faultfs, folder, at, act):
    trace = folder / "trace"
    env = {**os.environ, "LD_PRELOAD": str(faultfs), "FAULTFS_PATH": str(folder / "t"), "FAULTFS_AT": str(at),
           "FAULTFS_CALLS": "write,pwrite,fsync,fdatasync,rename,link", "FAULTFS_ACT": act,
           "FAULTFS_STICKY": "1", "FAULTFS_TRACE": str(trace)}
    done = subprocess.run([program, "init", folder / "t" / "d", "--examples", EXAMPLES], env=env,
                          capture_output=True, timeout=60)
    struck = trace.exists() and "!" in trace.read_text()
    return done, struck


@pytest.mark.parametrize("act", ["ENOSPC", "kill"])
def test_whatever_call_fails_nothing_half_made_is_in_place(program, faultfs, tmp_path, act):
    n_struck = 0
    for at in range(1, 400):
        folder = tmp_path / str(at)
        (folder / "t").mkdir(parents=True)
        done, struck = with_fault(program, faultfs, folder, at, act)
        if not struck:
            assert done.returncode == 0 and (folder / "t" / "d" / "hufud.json").exists()
            break
        n_struck += 1
        left = os.listdir(folder / "t")
        if act == "kill":
            assert done.returncode == -9
            assert "d" not in left or (folder / "t" / "d" / "demo/enterprise/what-you-sign.txt").exists()
        else:
            assert done.returncode == 4 and b"No space left on device" in done.stderr, (at, done)
            # The very last call makes the rename durable: then all of it is there.
            assert left == [] or (left == ["d"] and (folder / "t/d/demo/enterprise/what-you-sign.txt").exists()), at
        shutil.rmtree(folder)
    assert n_struck > 40
