"""What is withdrawn is over: at once, on every connection, and after every restart."""

import json
import threading
import time

import pytest

from support import tokens
from support.deployment import A, PATIENCE, PAYMENT, consent_fields, wait_for

MEGABYTE = 1 << 20
ROW = json.dumps({"item": "x" * 400, "kind": "normal", "period_from": "2024-01-01",
                  "period_to": "2024-01-31"})


def endless(request, out):
    """A source that does not stop speaking."""
    out.respond()
    out.data(b'{"uscc":"%s","items":[' % A.encode())
    while True:
        out.data((ROW + ",").encode() * 20)


@pytest.fixture(scope="module")
def flowing(tmp_path_factory):
    from support.deployment import Deployment
    with Deployment(tmp_path_factory.mktemp("flowing")) as gateway:
        gateway.tax = gateway.fake("tax")
        gateway.tax.answer = endless
        gateway.serve("samr")
        gateway.start()
        yield gateway


def halted(gateway, token, bank="a"):
    """A client whose stream runs and is held by closed windows: all that has left has arrived."""
    client = gateway.client(bank, give_windows=False, keep_bodies=False, timeout=8)
    stream = client.request(PAYMENT, consent_fields(token))
    assert client.until(lambda: client.answers[stream].n_bytes >= 60000)
    client.drain(0.2)
    return client, client.answers[stream]


def cut_after(gateway, act, token, code, bank="a"):
    """`act` ends the access: not one more byte than lay in buffers, then a reset."""
    client, answer = halted(gateway, token, bank)
    with client:
        act()
        before = answer.n_bytes
        client.give(answer.stream, 16 * MEGABYTE)
        assert client.until(lambda: answer.over), "the stream goes on"
        assert answer.reset is not None and not answer.complete
        assert answer.n_bytes - before <= MEGABYTE
        outcome = wait_for(lambda: gateway.outcome_of(answer.fields["access-id"]), what="the outcome")
        assert outcome["fault"] == code
        assert answer.n_bytes == outcome["bytes"]
        return answer.n_bytes - before


@pytest.mark.smoke
def test_a_revocation_cuts_a_running_answer(flowing):
    token = flowing.token()

    def act():
        assert flowing.revoke(token).status == 200
    assert cut_after(flowing, act, token, "consent_revoked") == 0
    assert flowing.ask(PAYMENT, consent=token).code == "consent_revoked"


def test_a_revocation_of_a_named_consent_cuts_too(flowing):
    token = flowing.token()
    assert flowing.register(token).status == 201
    name = f"uscc:{A};{tokens.jti_of(token)}"
    cut_after(flowing, lambda: flowing.revoke(token), name, "consent_revoked")
    assert flowing.consent_state(token)["state"] == "revoked"


def test_a_revocation_cuts_an_answer_that_flows(flowing):
    """Without any halt: the acknowledgement comes, and then the stream ends soon."""
    token = flowing.token()
    with flowing.client(keep_bodies=False, timeout=15) as client:
        stream = client.request(PAYMENT, consent_fields(token))
        assert client.until(lambda: client.answers[stream].n_bytes >= MEGABYTE)
        acknowledged = threading.Event()

        def revoke():
            assert flowing.revoke(token).status == 200
            acknowledged.set()
        thread = threading.Thread(target=revoke)
        thread.start()
        assert client.until(lambda: client.answers[stream].over), "the stream goes on"
        thread.join()
    assert acknowledged.is_set() and client.answers[stream].reset is not None


@pytest.mark.smoke
def test_a_revocation_cuts_on_every_worker(flowing):
    """Connections are spread over the workers; none of them goes on."""
    token = flowing.token()
    held = [halted(flowing, token) for _ in range(6)]
    assert flowing.revoke(token).status == 200
    for client, answer in held:
        before = answer.n_bytes
        client.give(answer.stream, MEGABYTE)
        assert client.until(lambda a=answer: a.over)
        assert answer.reset is not None and answer.n_bytes == before
        client.close()


def test_a_revocation_reaches_an_answer_that_stands_still(flowing):
    """The bank takes nothing, so nothing is handed over; the stream is reset all the same, soon."""
    token = flowing.token()
    client, answer = halted(flowing, token)
    with client:
        assert flowing.revoke(token).status == 200
        acknowledged = time.monotonic()
        assert client.until(lambda: answer.over), "the stream goes on"
        assert answer.reset is not None and time.monotonic() - acknowledged < PATIENCE
    outcome = wait_for(lambda: flowing.outcome_of(answer.fields["access-id"]), what="the outcome")
    assert (outcome["fault"], outcome["bytes"]) == ("consent_revoked", answer.n_bytes)


def test_a_pause_cuts_like_a_revocation(flowing):
    token = flowing.token()
    word = {"ver": 1, "iss": "uscc:" + A, "aud": flowing.url, "jti": tokens.new_jti(),
            "revokes": tokens.jti_of(token), "iat": int(time.time()), "state": "paused"}

    def act():
        signed = flowing.enterprise.sign(word, typ="consent-status+jwt")
        assert flowing.post("/revocations", signed).status == 200
    assert cut_after(flowing, act, token, "consent_paused") == 0


@pytest.mark.smoke
def test_a_hundred_megabytes_are_cut_within_a_second_and_a_megabyte(flowing):
    """At full speed: what arrives after the acknowledgement had left before it, or lay in buffers."""
    def hundred(request, out):
        out.respond()
        out.data(b'{"uscc":"%s","items":[' % A.encode())
        block = (ROW + ",").encode() * 200
        for _ in range(100 * MEGABYTE // len(block)):
            out.data(block)
        out.data(ROW.encode() + b"]}")
        out.end()
    token, told = flowing.token(), {}

    def revoke(client, stream):
        assert flowing.revoke(token).status == 200
        told.update(at=time.monotonic(), bytes=client.answers[stream].n_bytes)
    flowing.tax.answer = hundred
    try:
        with flowing.client(keep_bodies=False, timeout=30) as client:
            stream = client.request(PAYMENT, consent_fields(token))
            assert client.until(lambda: client.answers[stream].n_bytes >= MEGABYTE)
            thread = threading.Thread(target=revoke, args=(client, stream))
            thread.start()
            assert client.until(lambda: client.answers[stream].over), "the stream goes on"
            ended = time.monotonic()
            thread.join()
            answer = client.answers[stream]
    finally:
        flowing.tax.answer = endless
    assert answer.reset is not None and answer.n_bytes < 100 * MEGABYTE
    assert ended - told["at"] < PATIENCE and answer.n_bytes - told["bytes"] <= MEGABYTE
    outcome = wait_for(lambda: flowing.outcome_of(answer.fields["access-id"]), what="the outcome")
    assert (outcome["fault"], outcome["bytes"]) == ("consent_revoked", answer.n_bytes)


def test_other_consents_go_on(flowing):
    revoked, other = flowing.token(), flowing.token()
    client, answer = halted(flowing, other)
    with client:
        assert flowing.revoke(revoked).status == 200
        before = answer.n_bytes
        client.give(answer.stream, MEGABYTE)
        assert client.until(lambda: answer.n_bytes >= before + MEGABYTE - 1)
        assert not answer.over


def test_a_revocation_before_the_answer_begins(flowing):
    """Revoked between the question and the source's answer: nothing of it is released."""
    token = flowing.token()
    go_on = threading.Event()

    def answer(request, out):
        go_on.wait(5)
        out.document({"uscc": A})
    flowing.tax.answer = answer
    try:
        with flowing.client() as client:
            stream = client.request(PAYMENT, consent_fields(token))
            client.drain(0.2)
            assert flowing.revoke(token).status == 200
            go_on.set()
            (answer,) = client.finish(stream)
    finally:
        flowing.tax.answer = endless
    assert answer.code == "consent_revoked" and answer.status == 403


def test_revoking_twice_is_revoking_once(flowing):
    token = flowing.token()
    assert [flowing.revoke(token).status for _ in range(2)] == [200, 200]


def test_a_revocation_may_come_before_the_consent(flowing):
    token = flowing.token()
    assert flowing.revoke(token).status == 200
    answer = flowing.register(token)
    assert answer.status in (201, 403)
    assert flowing.ask(PAYMENT, consent=token).code == "consent_revoked"


def test_nobody_else_can_revoke(flowing):
    token = flowing.token()
    stranger = tokens.Grantor("uscc:" + A)
    assert flowing.revoke(token, grantor=stranger).code == "grantor_unknown"
    other = flowing.add_grantor("uscc:91999999MA0000A00C")
    flowing.reload()
    flowing.revoke(token, grantor=other)  # of its own consent of that name, which there is not
    client, _ = halted(flowing, token)
    client.close()


def test_a_revocation_for_another_gateway_is_refused(flowing):
    token = flowing.token()
    word = flowing.enterprise.revoke(tokens.jti_of(token), "https://other.example.test")
    answer = flowing.ask("/revocations", body=word, fields=[("content-type", "application/jwt")])
    assert answer.code == "audience_mismatch"


def test_a_revocation_is_on_record_when_it_is_acknowledged(flowing):
    token = flowing.token()
    flowing.revoke(token)
    found = [r for r in flowing.records() if r["record"]["kind"] == "revoke"
             and r["detail"]["jti"] == tokens.jti_of(token)]
    assert len(found) == 1 and found[0]["detail"]["reason"] == "withdrawn"


@pytest.mark.smoke
def test_a_revocation_outlives_a_kill(deploy):
    gateway = deploy()
    gateway.serve("tax")
    gateway.start()
    token = gateway.token()
    assert gateway.ask(PAYMENT, consent=token).status == 200
    assert gateway.revoke(token).status == 200
    gateway.kill()
    gateway.start()
    assert gateway.ask(PAYMENT, consent=token).code == "consent_revoked"


# --- what a reload takes away ---

@pytest.fixture
def fresh(deploy):
    gateway = deploy()
    gateway.tax = gateway.fake("tax")
    gateway.tax.answer = endless
    gateway.start()
    return gateway


def test_a_disabled_key_cuts(fresh):
    now = int(time.time())

    def act():
        fresh.grantor_file("uscc:" + A).write_text(json.dumps(
            {"iss": "uscc:" + A, "keys": [fresh.enterprise.entry(disabled_at=now - 10)]}))
        fresh.reload()
    cut_after(fresh, act, fresh.token(), "consent_signature_invalid")


def test_a_removed_grantor_cuts(fresh):
    def act():
        fresh.grantor_file("uscc:" + A).unlink()
        fresh.reload()
    cut_after(fresh, act, fresh.token(), "grantor_unknown")


@pytest.mark.smoke
def test_a_disabled_bank_cuts_and_is_unknown_on_open_connections(fresh):
    name = f"banks/{fresh.banks['a'].uscc}.json"
    client = fresh.client()

    def act():
        fresh.edit(name, lambda bank: bank.update(disabled_at=int(time.time()) - 10))
        fresh.reload()
    cut_after(fresh, act, fresh.token(), "client_cert_unknown")
    with client:
        answer = client.ask(PAYMENT, consent_fields(fresh.token()))
    assert (answer.status, answer.code) == (401, "client_cert_unknown")


def test_a_disabled_bank_by_the_tool(fresh):
    fresh.hufu("bank", "disable", fresh.dir, "--uscc", fresh.banks["a"].uscc)
    fresh.reload()
    assert fresh.ask(PAYMENT, consent=fresh.token()).code == "client_cert_unknown"


def test_a_removed_agreement_cuts(fresh):
    def act():
        (fresh.dir / "agreements" / f"{fresh.banks['a'].uscc}.tax.json").unlink()
        fresh.reload()
    cut_after(fresh, act, fresh.token(), "agreement_denied")


def test_an_agreement_that_becomes_narrower_cuts(fresh):
    name = f"agreements/{fresh.banks['a'].uscc}.tax.json"

    def act():
        fresh.edit(name, lambda agreement: agreement.update(classes=["public"]))
        fresh.reload()
    cut_after(fresh, act, fresh.token(), "agreement_denied")


def test_a_reload_reaches_an_answer_that_stands_still(fresh):
    client, answer = halted(fresh, fresh.token())
    with client:
        (fresh.dir / "agreements" / f"{fresh.banks['a'].uscc}.tax.json").unlink()
        fresh.reload()
        assert client.until(lambda: answer.over), "the stream goes on"
        assert answer.reset is not None


def test_a_reload_that_takes_nothing_away_cuts_nothing(fresh):
    client, answer = halted(fresh, fresh.token())
    with client:
        fresh.reload()
        before = answer.n_bytes
        client.give(answer.stream, MEGABYTE)
        assert client.until(lambda: answer.n_bytes >= before + MEGABYTE - 1)
        assert not answer.over


def test_an_answer_that_began_runs_on_past_the_consents_expiry(fresh):
    """`exp` is judged when HEADERS are released, not for each byte."""
    client, answer = halted(fresh, fresh.token(exp=int(time.time()) + 2))
    with client:
        time.sleep(2.2)
        before = answer.n_bytes
        client.give(answer.stream, MEGABYTE)
        assert client.until(lambda: answer.n_bytes >= before + MEGABYTE - 1)
