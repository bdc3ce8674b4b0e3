"""A gateway's life: checked, started, reloaded, drained, killed.

Covers: gateway/assembly.c gateway/generation.c gateway/server.c gateway/worker.c
"""
import base64
import contextlib
import hashlib
import json
import os
import signal
import subprocess
import threading
import time

import pytest

from support.deployment import A, HUFU, HUFUD, PAYMENT, can_connect, charged, consent_fields, wait_for
from support.h2client import Closed
from support.tokens import Grantor, name_of


def run(*words):
    return subprocess.run([str(word) for word in (HUFUD, *words)], capture_output=True, timeout=20)


# --- checking


def test_a_deployment_of_init_checks(gateway):
    done = run("--config", gateway.dir / "hufud.json", "--check")
    assert done.returncode == 0 and done.stderr == b"", done


BREAK = {
    "an unknown member": ("hufud.json", lambda t: t.replace('"workers"', '"worker"'), "worker"),
    "no JSON": ("hufud.json", lambda t: t[:-3], "hufud.json:"),
    "a bank's file": ("banks/911100001000044477.json", lambda t: t.replace('"certs"', '"cert"'), "cert"),
    "a catalog": ("catalogs/tax.json", lambda t: t.replace('"trade_secret"', '"secret"', 1),
                  "catalogs/tax.json:"),
    "the policy": ("policy.json", lambda t: t.replace('"mask"', '"blur"', 1), "policy.json:"),
    "an agreement": ("agreements/911100001000044477.tax.json",
                     lambda t: t.replace('"pre_loan"', '"marketing"', 1), "tax.json"),
    "a grantor": ("grantors/uscc_91350100M000100Y43.jwks", lambda t: t.replace('"kid"', '"kidd"'),
                  "jwks"),
    "our certificate": ("keys/tls.pem", lambda t: "x", "tls.pem"),
    "the log's key": ("keys/log.key", lambda t: "x", "log.key"),
}


@pytest.mark.parametrize("name", BREAK)
def test_check_names_the_file_and_the_place(deploy, name):
    gateway = deploy()
    file, change, word = BREAK[name]
    path = gateway.dir / file
    before = path.read_text()
    path.write_text(change(before))
    assert path.read_text() != before
    done = run("--config", gateway.dir / "hufud.json", "--check")
    assert done.returncode == 1 and word.encode() in done.stderr, done
    started = run("--config", gateway.dir / "hufud.json")
    assert started.returncode == done.returncode and not can_connect(gateway.port)


def test_a_secret_that_others_may_read_is_refused(deploy):
    gateway = deploy()
    os.chmod(gateway.dir / "keys/pseudonym.key", 0o644)
    done = run("--config", gateway.dir / "hufud.json", "--check")
    assert done.returncode == 1 and b"pseudonym.key" in done.stderr, done


@pytest.mark.parametrize("name, content, said", [
    ("tls.pem", b"", "keys/tls.pem: cert: "), ("tls.key", b"", "keys/tls.key: key: "),
    ("tls.key", b"no PEM", "keys/tls.key: key: "), ("tls.key", None, "keys/tls.key: key: "),
], ids=["no certificate", "no key", "no PEM", "the key of another certificate"])
def test_which_file_of_tls_is_wrong_is_told(deploy, name, content, said):
    gateway = deploy()
    other = (gateway.dir / "keys" / "log.key").read_bytes()
    (gateway.dir / "keys" / name).write_bytes(other if content is None else content)
    done = run("--config", gateway.dir / "hufud.json", "--check")
    assert done.returncode == 1 and said in done.stderr.decode(), done


@pytest.mark.parametrize("words", [[], ["--config"], ["--chekc"], ["--config", "a", "b"]])
def test_wrong_usage(words):
    assert run(*words).returncode == 2


def test_help():
    done = run("--help")
    assert done.returncode == 0 and b"--check" in done.stdout


def test_the_version_is_that_of_the_tool():
    done = run("--version")
    tool = subprocess.run([HUFU, "--version"], capture_output=True).stdout
    assert done.returncode == 0 and done.stdout == tool.replace(b"hufu ", b"hufud "), done


def test_a_configuration_that_is_not_there(tmp_path):
    assert run("--config", tmp_path / "hufud.json", "--check").returncode == 4


def test_a_configuration_that_is_too_much_is_refused_at_its_place(deploy):
    gateway = deploy()
    gateway.configure(lambda config: config["listen"].update(public="a" * 5000))
    done = run("--config", gateway.dir / "hufud.json", "--check")
    assert done.returncode == 1 and b"a string is too long" in done.stderr, done


def test_two_gateways_on_one_log(gateway):
    other = json.loads((gateway.dir / "hufud.json").read_text())
    other["listen"] = {"banks": "127.0.0.1:1"}
    path = gateway.dir / "other.json"
    path.write_text(json.dumps(other))
    done = run("--config", path)
    assert done.returncode == 1 and b"Another process holds the log" in done.stderr, done


# --- reloading


def config_records(gateway, first=0):
    records = gateway.records(first=first)
    return [record["detail"] for record in records if record["record"]["kind"] == "config"]


def test_a_reload_changes_what_the_next_request_sees(deploy):
    gateway = deploy()
    gateway.serve("tax")
    gateway.start()
    n = len(gateway.records())
    gateway.hufu("key", "new", "--alg", "Ed25519", "--out", gateway.dir / "second.key")
    path = gateway.grantor_file(gateway.enterprise.iss)
    jwks = json.loads(path.read_text())
    shown = gateway.hufu("key", "show", "--json", gateway.dir / "second.key")
    jwk = json.loads(shown.stdout)
    second = Grantor.load(gateway.enterprise.iss, gateway.dir / "second.key")
    assert second.kid == jwk["kid"]
    token = gateway.token(grantor=second)
    assert gateway.ask(PAYMENT, consent=token).code == "grantor_unknown"
    jwks["keys"].append(jwk)
    path.write_text(json.dumps(jwks))
    assert "reloaded: generation 2" in gateway.reload()
    assert gateway.ask(PAYMENT, consent=token).status == 200
    changes = config_records(gateway, first=n)
    assert [(c["change"], c.get("kid"), c.get("generation")) for c in changes] == [
        ("grantor_key_added", jwk["kid"], None), ("in_force", None, 2)]


def test_a_reload_is_all_or_nothing(deploy):
    gateway = deploy()
    gateway.serve("tax")
    gateway.start()
    (gateway.dir / "policy.json").write_text("{")
    (gateway.dir / f"banks/{gateway.banks['b'].uscc}.json").unlink()
    assert "policy.json:1:2" in gateway.reload(ok=False)
    assert gateway.ask(PAYMENT, consent=gateway.token()).status == 200
    assert gateway.ask(PAYMENT, "b").code == "consent_missing"


def test_keys_that_changed_while_it_was_down_are_recorded_at_the_start(deploy):
    gateway = deploy()
    gateway.start()
    first = config_records(gateway)
    assert [c["change"] for c in first] == ["grantor_key_added", "in_force"]
    assert gateway.stop() == 0
    path = gateway.grantor_file(gateway.enterprise.iss)
    jwks = json.loads(path.read_text())
    jwks["keys"][0]["disabled_at"] = int(time.time())
    path.write_text(json.dumps(jwks))
    n = len(gateway.records())
    gateway.start()
    changes = [c["change"] for c in config_records(gateway, first=n)]
    assert changes == ["grantor_key_changed", "in_force"]


def test_what_is_in_force_is_on_record_by_the_digests_of_its_files(deploy):
    gateway = deploy()
    gateway.serve("tax")
    gateway.start()
    with open(gateway.dir / "policy.json", "a", encoding="utf-8") as policy:
        policy.write("\n")
    gateway.reload()
    before, after = config_records(gateway)[-2:]
    assert (before["generation"], after["generation"]) == (1, 2)
    digest = hashlib.sha256((gateway.dir / "policy.json").read_bytes()).digest()
    assert after["policy_sha256"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    changed = {name for name in before if name.endswith("_sha256") and before[name] != after[name]}
    assert changed == {"policy_sha256"}
    listing = subprocess.run("LC_ALL=C sha256sum *.json | sha256sum", shell=True, check=True,
                             cwd=gateway.dir / "banks", capture_output=True, text=True).stdout
    digest = base64.urlsafe_b64decode(after["banks_sha256"] + "=")
    assert listing.split()[0] == digest.hex()
    answer = gateway.ask(PAYMENT, consent=gateway.token())
    assert gateway.record(answer.index)["detail"]["generation"] == 2


# --- draining


def test_a_drain_finishes_what_runs_and_leaves_a_log_that_verifies(deploy):
    gateway = deploy()
    source = gateway.fake("tax")
    gateway.start()

    def slow(_, out):
        time.sleep(1)
        out.document({"uscc": A})
    source.answer = slow
    token = gateway.dir / "token"
    token.write_text(gateway.token())
    query = subprocess.Popen(
        [str(word) for word in (
            HUFU, "query", gateway.url + PAYMENT, "--ca", gateway.ca, "--cert",
            gateway.banks["a"].cert, "--key", gateway.banks["a"].key, "--consent", token,
            "--purpose", "pre_loan", "--actions", "query")], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(lambda: source.requests)
    gateway.hufud.send_signal(signal.SIGTERM)
    out, err = query.communicate(timeout=10)
    assert query.returncode == 0 and json.loads(out)["uscc"] == A, err
    assert gateway.wait_end(10) == 0
    assert "drained" in gateway.stderr
    assert gateway.verify()[0] == 0


def test_a_drain_does_not_wait_for_ever(deploy):
    gateway = deploy(limits={"drain_timeout_ms": 500})
    source = gateway.fake("tax")
    source.answer = lambda *_: None  # the stream stays silent
    gateway.start()
    with gateway.client() as bank:
        bank.request(PAYMENT, consent_fields(gateway.token()))
        wait_for(lambda: source.requests)
        begun = time.monotonic()
        assert gateway.stop() == 0
        assert time.monotonic() - begun < 5
    outcome = gateway.records()[-1]
    assert outcome["record"]["kind"] == "outcome" and outcome["detail"]["fault"] == "client_gone"
    assert gateway.verify()[0] == 0


def test_noise_is_one_record(deploy):
    gateway = deploy()
    gateway.start()
    with gateway.stranger() as stranger:
        for _ in range(20):
            assert stranger.ask(PAYMENT).status == 404
    n = len(gateway.records())
    assert gateway.stop() == 0
    noise = [r["detail"] for r in gateway.records(first=n) if r["record"]["kind"] == "denysum"]
    assert [record["count"] for record in noise] == [20]


# --- dying


class Load(threading.Thread):
    """One bank that asks as fast as it can until the gateway is gone, and remembers what it got."""

    def __init__(self, gateway, name):
        super().__init__(daemon=True)
        self.bank = gateway.client(timeout=5)
        self.fields = consent_fields(name)

    def run(self):
        with self.bank, contextlib.suppress(OSError, Closed, AssertionError):
            while True:
                self.bank.finish(*[self.bank.request(PAYMENT, self.fields) for _ in range(10)])

    @property
    def got(self):
        return [answer for answer in self.bank.answers.values() if answer.status == 200]


def test_kill_9_under_load(deploy):
    """Every byte that a bank ever got belongs to an access that is in the log after the restart; the
    log verifies; no use came back."""
    gateway = deploy()
    gateway.serve("tax")
    token = gateway.token(max_total=100000)
    name = name_of(token)
    gateway.start()
    assert gateway.register(token).status == 201
    n_allowed = 0
    rounds = int(os.environ.get("HUFU_KILLS", "10"))
    for round_ in range(rounds):
        loads = [Load(gateway, name) for _ in range(3)]
        for load in loads:
            load.start()
        time.sleep(0.15 + 0.05 * (round_ % 5))
        gateway.kill()
        for load in loads:
            load.join(10)
            assert not load.is_alive()
        got = [answer for load in loads for answer in load.got]
        gateway.start()
        records = {r["record"]["index"]: r for r in gateway.records()}
        for answer in got:
            access_id = answer.fields["access-id"]
            assert records[answer.index]["record"]["kind"] == "access"
            assert records[answer.index]["detail"]["access_id"] == access_id
            if "access-outcome" in answer.trailers:
                detail = records[int(answer.trailers["access-outcome"])]["detail"]
                assert detail["access_id"] == access_id and detail["bytes"] == answer.n_bytes
        n_allowed += len(got)
        used = sum(name in charged(r) for r in records.values())
        assert gateway.consent_state(token)["uses"]["left"] == 100000 - used
    assert n_allowed > 20 * rounds
    assert gateway.stop() == 0
    assert gateway.verify()[0] == 0
