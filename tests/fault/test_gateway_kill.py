"""kill -9 of hufud under load, again and again.

After each restart: every byte that a client ever got belongs to an access record in the log, every
complete answer to an outcome; the log verifies; no use has come back; what was acknowledged to have
been granted is granted, and what was acknowledged to have been revoked is revoked.
"""

import threading
import time

import pytest

from support import tokens
from support.counts import count, seeded
from support.deployment import A, PAYMENT, charged, consent_fields
from support.h2client import Closed

N_STREAMS = 12
MAX_TOTAL = 100000


class Load:
    """A connection that always has questions open, until it breaks."""

    def __init__(self, gateway, consent):
        self.answers = []
        self.client = gateway.client(timeout=10)
        self.consent = consent
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        client = self.client
        try:
            streams = set()
            while True:
                while len(streams) < N_STREAMS:
                    streams.add(client.request(PAYMENT, consent_fields(self.consent)))
                client.until(lambda: any(client.answers[s].over for s in streams))
                streams = {s for s in streams if not client.answers[s].over}
        except Closed:
            pass

    def seen(self):
        """Every answer of which at least HEADERS came."""
        self.thread.join()
        self.client.close()
        return [answer for answer in self.client.answers.values() if answer.status]


class Acts:
    """Grants during the load, every other one revoked; and which of them were acknowledged."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.granted, self.revoked = [], []
        self.client = gateway.client(timeout=10)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _post(self, path, text):
        return self.client.ask(path, [("content-type", "application/jwt")], method="POST",
                               body=text.encode()).status

    def _run(self):
        try:
            while True:
                kept, withdrawn = (self.gateway.token(max_total=MAX_TOTAL) for _ in range(2))
                if self._post("/consents", kept) == 201:
                    self.granted.append(kept)
                if self._post("/consents", withdrawn) == 201:
                    word = self.gateway.enterprise.revoke(tokens.jti_of(withdrawn), self.gateway.url)
                    if self._post("/revocations", word) == 200:
                        self.revoked.append(withdrawn)
        except Closed:
            pass

    def wait(self):
        self.thread.join()
        self.client.close()


def check_answers(answers, records):
    by_index = {record["record"]["index"]: record for record in records}
    for answer in answers:
        if answer.status == 200:
            record = by_index.get(answer.index)
            assert record, f"record {answer.index} is not in the log, but {answer.n_bytes} bytes left"
            assert record["record"]["kind"] == "access"
            assert record["detail"]["access_id"] == answer.fields["access-id"]
        if answer.complete and answer.status == 200:
            outcome = by_index[int(answer.trailers["access-outcome"])]
            assert outcome["detail"]["access_id"] == answer.fields["access-id"]
            assert outcome["detail"]["bytes"] == answer.n_bytes


def one_round(gateway, generator, known):
    """Load, death, restart. `known`: how many records there are before; returns how many after."""
    by_value, named = gateway.token(max_total=MAX_TOTAL), gateway.token(max_total=MAX_TOTAL)
    assert gateway.register(by_value).status == gateway.register(named).status == 201
    name = f"uscc:{A};{tokens.jti_of(named)}"
    loads = [Load(gateway, consent) for consent in (by_value, name, by_value)]
    acts = Acts(gateway)
    time.sleep(generator.uniform(0.02, 0.35))
    gateway.kill()
    answers = [answer for load in loads for answer in load.seen()]
    acts.wait()
    gateway.start()
    code, words = gateway.verify()
    assert code in (0, 3), words
    records = gateway.records(first=known)
    n_records = known + len(records)
    assert [record["record"]["index"] for record in records] == list(range(known, n_records))
    check_answers(answers, records)
    for token in (by_value, named):
        name = f"uscc:{A};{tokens.jti_of(token)}"
        n = sum(name in charged(record) for record in records)
        assert gateway.consent_state(token)["uses"]["left"] == MAX_TOTAL - n
    for token in acts.granted[-3:]:
        assert gateway.consent_state(token)["state"] == "active"
    for token in acts.revoked[-3:]:
        assert gateway.consent_state(token)["state"] == "revoked"
        assert gateway.ask(PAYMENT, consent=token).code == "consent_revoked"
    return n_records, sum(answer.status == 200 for answer in answers)


def test_kill_under_load(deploy):
    generator = seeded()
    gateway = deploy()
    gateway.serve("tax")
    gateway.start()
    n_records = n_answers = 0
    for _ in range(count(100)):
        n_records, n = one_round(gateway, generator, n_records)
        n_answers += n
    assert n_answers > 50, "there was no load to speak of"
    gateway.stop()
    code, words = gateway.verify()
    assert code == 0, words
    code, words = gateway.verify(details=True)
    assert code == 0 or (code == 3 and "have no outcome" in words), words


@pytest.mark.smoke
def test_kill_during_a_long_answer(deploy):
    """The access is on record and stays used, its outcome is unknown for ever, and the log says so."""
    gateway = deploy()
    gateway.tax = gateway.fake("tax")

    def answer(request, out):
        out.respond()
        out.data(b'{"uscc":"%s","items":[' % A.encode())
        while True:
            out.data(b'{"item":"x","period_from":"2024-01-01","period_to":"2024-01-31"},' * 200)
    gateway.tax.answer = answer
    gateway.start()
    token = gateway.token(max_total=1)
    client = gateway.client(give_windows=False, timeout=5)
    stream = client.request(PAYMENT, consent_fields(token))
    client.until(lambda: client.answers[stream].n_bytes > 0)
    gateway.kill()
    client.drain(1)
    client.close()
    gateway.start()
    assert gateway.record(client.answers[stream].index)["record"]["kind"] == "access"
    assert not client.answers[stream].complete
    gateway.tax.answer = lambda request, out: out.document({"uscc": A})
    assert gateway.ask(PAYMENT, consent=token).code == "use_limit"
    assert "without an outcome" in gateway.stderr


def test_two_gateways_cannot_hold_one_log(deploy):
    gateway = deploy()
    gateway.start()
    first = gateway.hufud
    gateway.configure(lambda config: config["listen"].update(banks="127.0.0.1:1", ops="127.0.0.1:2"))
    gateway.launch()
    assert gateway.wait_end() != 0
    gateway.hufud = first


def test_a_log_with_a_changed_byte_is_not_served_from(deploy):
    gateway = deploy()
    gateway.serve("tax")
    gateway.start()
    for _ in range(5):
        assert gateway.ask(PAYMENT, consent=gateway.token()).status == 200
    gateway.stop()
    segment = sorted((gateway.log / "wal").glob("*.hfl"))[0]
    segment.chmod(0o600)
    data = bytearray(segment.read_bytes())
    at = data.index(b'"decision":"allow"') + len(b'"decision":"')
    data[at] ^= 1
    segment.write_bytes(data)
    code, _ = gateway.verify()
    assert code == 1
    gateway.launch()
    assert gateway.wait_end() == 65


def use(gateway):
    token = gateway.token()
    assert gateway.register(token).status == 201
    assert gateway.ask(PAYMENT, consent=token).status == 200


def revoke(gateway):
    assert gateway.revoke(gateway.token()).status == 200


def be_denied(gateway):
    assert gateway.ask(PAYMENT).code == "consent_missing"


@pytest.mark.parametrize("happen", [use, revoke, be_denied])
def test_a_log_that_was_rolled_back_is_not_served_from(deploy, happen):
    """Whoever restores yesterday's log beside today's registry is found out by it, whatever it was
    that happened since."""
    import shutil
    gateway = deploy()
    gateway.serve("tax")
    gateway.start()
    assert gateway.ask(PAYMENT, consent=gateway.token()).status == 200
    gateway.stop()
    shutil.copytree(gateway.log, gateway.folder / "yesterday")
    gateway.start()
    happen(gateway)
    gateway.stop()
    shutil.rmtree(gateway.log)
    shutil.copytree(gateway.folder / "yesterday", gateway.log)
    gateway.launch()
    status = gateway.wait_end() if not gateway.wait_ready() else None
    assert status == 66 and "it knows of" in gateway.stderr, gateway.stderr
