"""A grantor lets a consent rest and go on, and ends all that it has given.

Covers: cli/consent_act.c
"""

import json
import time

import pytest

from support import tokens
from support.deployment import A, PAYMENT, wait_for


def status_token(grantor, token, aud, state, iat=None):
    return grantor.set_state(tokens.jti_of(token), aud, state, iat)


def say(gateway, token, state, iat=None, bank="a"):
    return gateway.post("/revocations",
                        status_token(gateway.enterprise, token, gateway.url, state, iat), bank)


def kinds_of(gateway, token):
    return [(r["record"]["kind"], r["detail"]["state"]) for r in gateway.records()
            if r["detail"].get("jti") == tokens.jti_of(token)]


@pytest.mark.parametrize("bank", ["a", None])
def test_a_paused_consent_opens_nothing_until_it_is_resumed(gateway, bank):
    token, now = gateway.token(), int(time.time())
    assert gateway.ask(PAYMENT, consent=token).status == 200
    answer = say(gateway, token, "paused", now, bank)
    assert (answer.status, answer.json["state"]) == (200, "paused")
    assert gateway.ask(PAYMENT, consent=token).code == "consent_paused"
    answer = say(gateway, token, "active", now + 1, bank)
    assert (answer.status, answer.json["state"]) == (200, "active")
    assert gateway.ask(PAYMENT, consent=token).status == 200
    assert kinds_of(gateway, token) == [("status", "paused"), ("status", "active")]


def test_an_old_word_sent_again_changes_nothing(gateway):
    token, now = gateway.token(), int(time.time())
    resume = status_token(gateway.enterprise, token, gateway.url, "active", now - 5)
    assert say(gateway, token, "paused", now - 9).status == 200
    assert gateway.post("/revocations", resume).status == 200
    assert say(gateway, token, "paused", now).status == 200
    answer = gateway.post("/revocations", resume, bank=None)
    assert (answer.status, answer.code) == (409, "state_conflict")
    assert gateway.ask(PAYMENT, consent=token).code == "consent_paused"


def test_a_pause_shows_and_outlives_a_kill(deploy):
    gateway = deploy()
    gateway.serve("tax")
    gateway.start()
    token = gateway.token()
    assert gateway.register(token).status == 201
    assert say(gateway, token, "paused").status == 200
    assert gateway.consent_state(token)["state"] == "paused"
    gateway.kill()
    gateway.start()
    assert gateway.consent_state(token)["state"] == "paused"
    assert gateway.ask(PAYMENT, consent=tokens.name_of(token)).code == "consent_paused"


def test_a_pause_of_what_is_over_is_refused(gateway):
    token = gateway.token()
    assert gateway.revoke(token).status == 200
    assert say(gateway, token, "paused").code == "consent_revoked"
    assert say(gateway, token, "active", int(time.time()) + 5).code == "consent_revoked"
    assert say(gateway, gateway.token(), "active").code == "consent_missing"


def test_a_pause_may_come_before_its_consent(gateway):
    token = gateway.token()
    assert say(gateway, token, "paused").status == 200
    assert gateway.register(token).status == 201
    assert gateway.consent_state(token)["state"] == "paused"
    assert gateway.ask(PAYMENT, consent=token).code == "consent_paused"


def test_nobody_else_can_pause(gateway):
    token = gateway.token()
    word = status_token(tokens.Grantor("uscc:" + A), token, gateway.url, "paused")
    assert gateway.post("/revocations", word).code == "grantor_unknown"
    word = status_token(gateway.enterprise, token, "https://other.example.test", "paused")
    assert gateway.post("/revocations", word).code == "audience_mismatch"
    assert gateway.ask(PAYMENT, consent=token).status == 200


def test_the_tool_pauses_and_resumes(gateway):
    token = gateway.token()
    words = ["--key", gateway.dir / "demo/enterprise/enterprise.key", "--iss", A, "--jti",
             tokens.jti_of(token), "--aud", gateway.url]
    assert gateway.ask(PAYMENT, consent=token).status == 200
    assert gateway.post("/revocations", gateway.hufu("consent", "pause", *words).stdout).status == 200
    assert gateway.ask(PAYMENT, consent=token).code == "consent_paused"

    def resumed():
        word = gateway.hufu("consent", "resume", *words).stdout
        return gateway.post("/revocations", word).status == 200
    wait_for(resumed, what="the next second", interval=0.2)
    assert gateway.ask(PAYMENT, consent=token).status == 200


def test_the_end_of_all(deploy):
    gateway = deploy()
    gateway.serve("tax")
    gateway.start()
    seen, named, later = gateway.token(), gateway.token(), gateway.token()
    assert gateway.ask(PAYMENT, consent=seen).status == 200
    assert gateway.register(named).status == 201
    word = gateway.hufu("consent", "revoke", "--key", gateway.dir / "demo/enterprise/enterprise.key",
                        "--iss", A, "--all", "--aud", gateway.url, "--reason", "key_compromise").stdout
    answer = gateway.post("/revocations", word)
    assert answer.status == 200
    assert answer.json == {"iss": "uscc:" + A, "jti": "*", "state": "revoked"}
    for presented in (seen, tokens.name_of(named), later):
        assert gateway.ask(PAYMENT, consent=presented).code == "consent_revoked"
    gateway.kill()
    gateway.start()
    for presented in (seen, tokens.name_of(named), later):
        assert gateway.ask(PAYMENT, consent=presented).code == "consent_revoked"

    def begun_anew():
        return gateway.ask(PAYMENT, consent=gateway.token()).status == 200
    wait_for(begun_anew, what="a consent that was signed later", interval=0.2)
    (record,) = [r["detail"] for r in gateway.records() if r["record"]["kind"] == "revoke"]
    assert record["iss"] == "uscc:" + A and "jti" not in record
    assert record["reason"] == "key_compromise"


@pytest.mark.parametrize("words, sentence", [
    (["--jti", "short"], "--jti"), ([], "--jti"), (["--all", "--jti", "j" * 22], "--jti"),
    (["--jti", "j" * 22, "--reason", "because"], "--reason")])
def test_what_the_tool_does_not_sign(gateway, words, sentence):
    reason = [] if "--reason" in words else ["--reason", "withdrawn"]
    run = gateway.hufu("consent", "revoke", "--key", gateway.dir / "demo/enterprise/enterprise.key",
                       "--iss", A, "--aud", gateway.url, *reason, *words, check=False)
    assert run.returncode == 2 and sentence in run.stderr and run.stdout == ""


def test_the_states_of_a_consent_have_their_names(gateway):
    """pending, active, paused, revoked, exhausted; expired is judged like pending, by the clock."""
    now = int(time.time())
    pending = gateway.token(nbf=now + 59 * 60, exp=now + 7200)
    assert gateway.register(pending).code == "consent_not_yet_valid"  # comes when it is time
    token = gateway.token(max_total=1)
    assert json.loads(gateway.register(token).body)["state"] == "active"
    assert gateway.ask(PAYMENT, consent=token).status == 200
    assert gateway.consent_state(token)["state"] == "exhausted"
