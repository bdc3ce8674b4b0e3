"""No byte before its record is on disk; no end before the outcome is.

The disk of the log is made slow: each fdatasync takes 200 ms longer. What the client sees is timed,
and so is what the source sees. The same measurement of a program that is linked with another gate,
one that is always open, must come out otherwise, or it would show nothing.
"""

import pytest

from support import faultfs
from support.deployment import A, HUFUD, HUFUD_OPEN_GATE, PAYMENT, consent_fields

DELAY_S = 0.2
SLACK_S = 0.005  # the clocks of two processes, and a timer that fires early


class Timed:
    """One access through a gateway on a slow disk; seconds since the request."""

    def __init__(self, gateway, path=PAYMENT, n_bytes=0):
        gateway.tax.requests.clear()
        gateway.tax.answer = lambda request, out: out.document(
            {"uscc": A, "items": [{"item": "x" * 60, "period_from": "2024-01-01",
                                   "period_to": "2024-01-31"}] * (n_bytes // 100)})
        with gateway.client() as client:
            self.answer = client.ask(path, consent_fields(gateway.token()))
        begin = self.answer.asked_at
        self.source_asked = gateway.tax.requests[0].at - begin
        self.headers = self.answer.headers_at - begin
        self.first_byte = self.answer.first_byte_at - begin
        self.end = self.answer.ended_at - begin


@pytest.fixture(scope="module")
def slow_disk(tmp_path_factory):
    """Starts a gateway, by one program or another, on a log that takes 200 ms for each sync."""
    from support.deployment import Deployment
    made = {}

    def start(program):
        if program not in made:
            gateway = Deployment(tmp_path_factory.mktemp("slow"))
            made[program] = gateway
            gateway.tax = gateway.fake("tax")
            env = faultfs.environment(path=gateway.log, delay_ms=int(DELAY_S * 1000))
            if program == HUFUD_OPEN_GATE:  # what it breaks is also what keeps threads from racing
                env["TSAN_OPTIONS"] = env.get("TSAN_OPTIONS", "") + ":report_bugs=0"
            gateway.start(program, env)
        return made[program]

    yield start
    for gateway in made.values():
        gateway.close()


@pytest.mark.smoke
def test_headers_and_bytes_wait_for_the_access_record(slow_disk):
    access = Timed(slow_disk(HUFUD))
    assert access.answer.status == 200
    assert access.headers >= DELAY_S - SLACK_S
    assert access.first_byte >= DELAY_S - SLACK_S


def test_the_source_is_asked_at_once(slow_disk):
    access = Timed(slow_disk(HUFUD))
    assert access.source_asked < DELAY_S / 2


def test_a_long_answer_waits_as_well(slow_disk):
    access = Timed(slow_disk(HUFUD), n_bytes=300_000)
    assert access.answer.complete
    assert access.first_byte >= DELAY_S - SLACK_S
    assert access.source_asked < DELAY_S / 2


def test_the_end_of_a_long_answer_waits_for_its_outcome_too(slow_disk):
    """Its outcome cannot share the batch of its access record."""
    access = Timed(slow_disk(HUFUD), n_bytes=300_000)
    assert access.end - access.first_byte >= DELAY_S - SLACK_S


def test_a_denial_waits_for_its_record(slow_disk):
    gateway = slow_disk(HUFUD)
    with gateway.client() as client:
        answer = client.ask(PAYMENT)
    assert answer.code == "consent_missing"
    assert answer.headers_at - answer.asked_at >= DELAY_S - SLACK_S


def test_a_fault_of_the_source_is_told_only_when_it_is_on_record(slow_disk):
    gateway = slow_disk(HUFUD)
    gateway.tax.answer = lambda request, out: out.respond(500, end=True)
    with gateway.client() as client:
        answer = client.ask(PAYMENT, consent_fields(gateway.token()))
    assert answer.code == "source_refused"
    assert answer.headers_at - answer.asked_at >= DELAY_S - SLACK_S


def test_with_log_first_the_source_waits_too(deploy):
    gateway = deploy()
    gateway.configure(lambda config: config["sources"]["tax"].update(log_first=True))
    gateway.tax = gateway.fake("tax")
    gateway.start(env=faultfs.environment(path=gateway.log, delay_ms=int(DELAY_S * 1000)))
    access = Timed(gateway)
    assert access.source_asked >= DELAY_S - SLACK_S


def test_a_consent_that_ends_while_the_record_is_written_is_not_used_any_more(deploy):
    gateway = deploy()
    gateway.configure(lambda config: config["sources"]["tax"].update(log_first=True))
    gateway.tax = gateway.fake("tax")
    gateway.start(env=faultfs.environment(path=gateway.log, delay_ms=600))
    token = gateway.token()
    with gateway.client() as client:
        stream = client.request(PAYMENT, consent_fields(token))
        client.drain(0.1)
        assert gateway.revoke(token).status == 200
        [answer] = client.finish(stream)
    assert (answer.status, answer.code) == (403, "consent_revoked")
    assert gateway.tax.requests == []


def test_a_consent_that_ends_while_a_short_answer_waits_releases_nothing(deploy):
    """Its outcome was written with the access, so it tells of more than left: never of less."""
    gateway = deploy()
    gateway.tax = gateway.fake("tax")
    gateway.tax.answer = lambda request, out: out.document({"uscc": A, "items": []})
    gateway.start(env=faultfs.environment(path=gateway.log, delay_ms=600))
    token = gateway.token()
    with gateway.client() as client:
        stream = client.request(PAYMENT, consent_fields(token))
        client.drain(0.1)
        assert gateway.revoke(token).status == 200
        [answer] = client.finish(stream)
    assert (answer.status, answer.code) == (403, "consent_revoked")
    outcome = gateway.record(int(answer.fields["access-outcome"]))["detail"]
    assert outcome["status"] == 200 and outcome["bytes"] > 0


def test_with_an_open_gate_bytes_leave_before_their_record(slow_disk):
    """What the tests above measure is the gate's doing: without it they would fail."""
    access = Timed(slow_disk(HUFUD_OPEN_GATE))
    assert access.answer.status == 200
    assert access.first_byte < DELAY_S / 2
    with pytest.raises(AssertionError):
        assert access.first_byte >= DELAY_S - SLACK_S
