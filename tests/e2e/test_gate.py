"""The gate: no byte of an answer before its record is on disk. Shown on a disk whose fdatasync is
slow, and shown to matter: with a gate that is always open the same measurement comes out otherwise.
"""
import os
import time

import pytest

from gateway import BUILD, PAYMENT, access, problem
from source import Source, document

DELAY_MS = 200
DOCUMENT = b'{"uscc":"91350100M000100Y43","items":[]}'


def slow_disk(gateway):
    return {"LD_PRELOAD": str(BUILD / "tests/support/faultfs.so"),
            "FAULTFS_PATH": str(gateway.folder / "log"), "FAULTFS_DELAY_MS": str(DELAY_MS),
            "FAULTFS_WHEN": str(gateway.folder / "slow")}


@pytest.fixture(scope="module", params=["hufud", "hufud_open_gate"])
def slow(request, make_gateway):
    places = {"hufud": "gateway/hufud", "hufud_open_gate": "tests/support/hufud_open_gate"}
    gateway = make_gateway(program=BUILD / places[request.param])
    source = Source(gateway.demo("sources/tax.pem"), gateway.demo("sources/tax.key"))
    source.answers["/payment/91350100M000100Y43.json"] = document(DOCUMENT)
    gateway.use_source("tax", source.port)
    gateway.start(slow_disk(gateway))
    gateway.source = source
    gateway.has_gate = request.param == "hufud"
    yield gateway
    gateway.close()
    source.stop()


def measure(gateway):
    """(seconds to the call of the source, seconds to the first byte) of one access."""
    token = gateway.consent()
    with gateway.bank() as bank:
        assert bank.ask("GET", PAYMENT, access(token)).status == 200  # connections stand
        time.sleep(1.2)  # no checkpoint is being written
        (gateway.folder / "slow").touch()
        try:
            asked = time.monotonic()
            answer = bank.ask("GET", PAYMENT, access(token))
        finally:
            os.remove(gateway.folder / "slow")
    assert answer.status == 200 and answer.body == DOCUMENT, answer
    return gateway.source.requests[-1][0] - asked, answer.first_byte_at - asked


def test_the_first_byte_waits_for_the_disk_and_the_source_does_not(slow):
    to_source, to_first_byte = measure(slow)
    assert to_source < DELAY_MS / 1000 / 2, "the source is asked while the record is written"
    if slow.has_gate:
        assert to_first_byte >= DELAY_MS / 1000
    else:
        assert to_first_byte < DELAY_MS / 1000, "the measurement would not notice an open gate"


def test_a_denial_waits_too(slow):
    with slow.bank() as bank:
        bank.ask("GET", PAYMENT)
        time.sleep(1.2)
        (slow.folder / "slow").touch()
        try:
            asked = time.monotonic()
            answer = bank.ask("GET", PAYMENT)
        finally:
            os.remove(slow.folder / "slow")
    assert problem(answer) == "consent_missing"
    assert answer.first_byte_at - asked >= DELAY_MS / 1000


@pytest.mark.parametrize("call, act", [("fdatasync", "EIO"), ("pwrite", "ENOSPC"),
                                       ("pwrite", "short")])
def test_no_log_no_data(make_gateway, call, act):
    """A log that cannot be written: everyone who waits is told 503, the process ends with 70, and
    the next start serves again."""
    gateway = make_gateway()
    source = Source(gateway.demo("sources/tax.pem"), gateway.demo("sources/tax.key"))
    source.answers["/payment/91350100M000100Y43.json"] = document(DOCUMENT)
    gateway.use_source("tax", source.port)
    broken = gateway.folder / "broken"
    gateway.start({**slow_disk(gateway), "FAULTFS_DELAY_MS": "0", "FAULTFS_WHEN": str(broken),
                   "FAULTFS_CALLS": call, "FAULTFS_AT": "1", "FAULTFS_STICKY": "1",
                   "FAULTFS_ACT": act, "FAULTFS_DROP": "1"})
    with gateway.bank() as bank:
        assert bank.ask("GET", PAYMENT, access(gateway.consent())).status == 200
        n_before = len(gateway.records())
        time.sleep(1.2)
        broken.touch()
        streams = [bank.send("GET", PAYMENT, access(gateway.consent())) for _ in range(8)]
        answers = [bank.wait(stream) for stream in streams]
    for answer in answers:
        assert answer.status in (503, None) and DOCUMENT not in answer.body, answer
        if answer.status == 503:
            assert problem(answer) == "log_unavailable"
    assert any(answer.status == 503 for answer in answers)
    assert gateway.process.wait(10) == 70
    assert "the access log failed" in gateway.said.read_text()
    gateway.start()
    after = gateway.records()
    assert [r["record"]["kind"] for r in after[n_before:]] == ["recover"]
    assert gateway.query(PAYMENT, gateway.consent()).status == 200
    source.stop()
