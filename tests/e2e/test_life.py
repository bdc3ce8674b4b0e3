"""A gateway's life: checked, started, reloaded, drained, killed.

Covers: gateway/assembly.c gateway/server.c gateway/worker.c
"""
import json
import os
import signal
import socket
import subprocess
import threading
import time

import pytest

from gateway import (BUILD, ENTERPRISE, PAYMENT, access, listens, log_index, name_of, payload_of,
                     problem, wait_for)
from source import Source, document

HUFUD = BUILD / "gateway" / "hufud"
PATH = f"/payment/{ENTERPRISE}.json"


def run(*words):
    return subprocess.run([str(word) for word in (HUFUD, *words)], capture_output=True, timeout=20)


# --- checking


def test_a_deployment_of_init_checks(gw):
    done = run("--config", gw.folder / "hufud.json", "--check")
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
def test_check_names_the_file_and_the_place(make_gateway, name):
    gateway = make_gateway()
    file, change, word = BREAK[name]
    path = gateway.folder / file
    before = path.read_text()
    path.write_text(change(before))
    assert path.read_text() != before
    done = run("--config", gateway.folder / "hufud.json", "--check")
    assert done.returncode == 1 and word.encode() in done.stderr, done
    started = run("--config", gateway.folder / "hufud.json")
    assert started.returncode == done.returncode and not listens(gateway.port)


def test_a_secret_that_others_may_read_is_refused(make_gateway):
    gateway = make_gateway()
    os.chmod(gateway.folder / "keys/pseudonym.key", 0o644)
    done = run("--config", gateway.folder / "hufud.json", "--check")
    assert done.returncode == 1 and b"pseudonym.key" in done.stderr, done


@pytest.mark.parametrize("words", [[], ["--config"], ["--chekc"], ["--config", "a", "b"]])
def test_wrong_usage(words):
    assert run(*words).returncode == 2


def test_help():
    done = run("--help")
    assert done.returncode == 0 and b"--check" in done.stdout


def test_a_configuration_that_is_not_there(tmp_path):
    assert run("--config", tmp_path / "hufud.json", "--check").returncode == 4


def test_two_gateways_on_one_log(gw):
    other = json.loads((gw.folder / "hufud.json").read_text())
    other["listen"] = {"banks": "127.0.0.1:1"}
    path = gw.folder / "other.json"
    path.write_text(json.dumps(other))
    done = run("--config", path)
    assert done.returncode == 1 and b"Another process holds the log" in done.stderr, done


# --- reloading


def test_a_reload_changes_what_the_next_request_sees(make_gateway, openssl):
    gateway = make_gateway()
    gateway.start_department("tax")
    gateway.start()
    n = len(gateway.records())
    gateway.hufu("key", "new", "--alg", "Ed25519", "--out", gateway.folder / "second.key")
    path = gateway.folder / f"grantors/uscc_{ENTERPRISE}.jwks"
    jwks = json.loads(path.read_text())
    shown = gateway.hufu("key", "show", "--json", gateway.folder / "second.key").out
    jwk = json.loads(shown)
    token = gateway.sign({**payload_of(gateway.consent())}, key="second.key",
                         header={"kid": jwk["kid"]})
    assert problem(gateway.query(PAYMENT, token)) == "grantor_unknown"
    jwks["keys"].append(jwk)
    path.write_text(json.dumps(jwks))
    assert "reloaded: generation 2" in gateway.reload()
    assert gateway.query(PAYMENT, token).status == 200
    changes = [r["detail"] for r in gateway.records("--from", n) if r["record"]["kind"] == "config"]
    assert [(c["change"], c["kid"]) for c in changes] == [("grantor_key_added", jwk["kid"])]


def test_a_reload_is_all_or_nothing(make_gateway):
    gateway = make_gateway()
    gateway.start_department("tax")
    gateway.start()
    (gateway.folder / "policy.json").write_text("{")
    bank = gateway.folder / "banks/91100000100003962T.json"
    bank.unlink()
    gateway.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "not reloaded" in gateway.said.read_text())
    assert "policy.json:1:2" in gateway.said.read_text()
    assert gateway.query(PAYMENT, gateway.consent()).status == 200
    assert problem(gateway.query(PAYMENT, bank="bank-b")) == "consent_missing"


def test_keys_that_changed_while_it_was_down_are_recorded_at_the_start(make_gateway):
    gateway = make_gateway()
    gateway.start()
    first = [r["detail"] for r in gateway.records() if r["record"]["kind"] == "config"]
    assert [c["change"] for c in first] == ["grantor_key_added"]
    assert gateway.stop() == 0
    path = gateway.folder / f"grantors/uscc_{ENTERPRISE}.jwks"
    jwks = json.loads(path.read_text())
    jwks["keys"][0]["disabled_at"] = int(time.time())
    path.write_text(json.dumps(jwks))
    n = len(gateway.records())
    gateway.start()
    changes = [r["detail"]["change"] for r in gateway.records("--from", n)
               if r["record"]["kind"] == "config"]
    assert changes == ["grantor_key_changed"]


# --- draining


def test_a_drain_finishes_what_runs_and_leaves_a_log_that_verifies(make_gateway):
    gateway = make_gateway()
    source = Source(gateway.demo("sources/tax.pem"), gateway.demo("sources/tax.key"))
    gateway.use_source("tax", source.port)
    gateway.start()

    def slow(connection, stream):
        time.sleep(1)
        connection.whole(stream, b'{"uscc":"%s"}' % ENTERPRISE.encode())
    source.answers[PATH] = slow
    token = gateway.folder / "token"
    token.write_text(gateway.consent())
    query = subprocess.Popen(
        [str(word) for word in (
            BUILD / "cli/hufu", "query", f"https://localhost:{gateway.port}{PAYMENT}", "--ca",
            gateway.folder / "ca/ca.pem", "--cert", gateway.demo("bank-a/bank.pem"), "--key",
            gateway.demo("bank-a/bank.key"), "--consent", token, "--purpose", "pre_loan",
            "--actions", "query")], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(lambda: source.requests)
    gateway.process.send_signal(signal.SIGTERM)
    out, err = query.communicate(timeout=10)
    assert query.returncode == 0 and json.loads(out)["uscc"] == ENTERPRISE, err
    assert gateway.process.wait(10) == 0
    assert "drained" in gateway.said.read_text()
    assert gateway.verify_log() == 0
    source.stop()


def test_a_drain_does_not_wait_for_ever(make_gateway):
    gateway = make_gateway()
    source = Source(gateway.demo("sources/tax.pem"), gateway.demo("sources/tax.key"))
    gateway.use_source("tax", source.port)
    gateway.configure(limits={"drain_timeout_ms": 500})
    gateway.start()
    source.answers[PATH] = lambda connection, stream: time.sleep(20)
    with gateway.bank() as bank:
        bank.send("GET", PAYMENT, access(gateway.consent()))
        time.sleep(0.3)
        begun = time.monotonic()
        assert gateway.stop() == 0
        assert time.monotonic() - begun < 5
    outcome = gateway.records()[-1]
    assert outcome["record"]["kind"] == "outcome" and outcome["detail"]["fault"] == "client_gone"
    assert gateway.verify_log() == 0
    source.stop()


def test_noise_is_one_record(make_gateway):
    gateway = make_gateway()
    gateway.start()
    with gateway.stranger() as stranger:
        for _ in range(20):
            assert stranger.ask("GET", PAYMENT).status == 404
    n = len(gateway.records())
    assert gateway.stop() == 0
    noise = [r["detail"] for r in gateway.records("--from", n) if r["record"]["kind"] == "denysum"]
    assert [record["count"] for record in noise] == [20]


# --- dying


class Load(threading.Thread):
    """One bank that asks as fast as it can and remembers what it got."""

    def __init__(self, gateway, name):
        super().__init__(daemon=True)
        self.gateway, self.name_, self.got, self.refused = gateway, name, [], 0

    def run(self):
        try:
            with self.gateway.bank(timeout=5) as bank:
                while not bank.closed:
                    streams = [bank.send("GET", PAYMENT, access(self.name_)) for _ in range(10)]
                    for stream in streams:
                        self.note(bank.answers[stream], bank, stream)
        except (OSError, TimeoutError, AssertionError):
            pass

    def note(self, answer, bank, stream):
        try:
            bank.wait(stream, 5)
        finally:
            if answer.status == 200:
                self.got.append((log_index(answer), answer.headers["access-id"], len(answer.body),
                                 answer.trailers.get("access-outcome")))
            elif answer.status:
                self.refused += 1


def test_kill_9_under_load(make_gateway):
    """Every byte that a bank ever got belongs to an access that is in the log after the restart; the
    log verifies; no use came back."""
    gateway = make_gateway()
    gateway.start_department("tax")
    token = gateway.consent(fetch={"max_total": 100000})
    gateway.start()
    name = gateway.register(token)
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
        got = [item for load in loads for item in load.got]
        gateway.start()
        records = {r["record"]["index"]: r for r in gateway.records()}
        for index, access_id, n_bytes, outcome in got:
            assert records[index]["record"]["kind"] == "access"
            assert records[index]["detail"]["access_id"] == access_id
            if outcome is not None:
                detail = records[int(outcome)]["detail"]
                assert detail["access_id"] == access_id and detail["bytes"] == n_bytes
        n_allowed += len(got)
        used = sum(name in r["detail"].get("charged", []) for r in records.values())
        with gateway.bank() as bank:
            iss, jti = name.split(";")
            uses = json.loads(bank.ask("GET", f"/consents/{iss}/{jti}").body)["uses"]
        assert uses["left"] == 100000 - used
    assert n_allowed > 20 * rounds
    assert gateway.stop() == 0
    assert gateway.verify_log() == 0
    assert name_of(token) == name
