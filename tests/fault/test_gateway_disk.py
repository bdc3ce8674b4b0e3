"""A whole gateway on a disk that fails at the k-th call, for every k of a short run.

Nothing leaves that is not on record; who waits is told 503 or nothing; the process ends by itself
and touches nothing more; the next start holds what was acknowledged and revives nothing else. A sync
that fails also loses the pages that it should have written, as kernels do.
"""

import shutil
import time

import pytest

from support import faultfs, tokens
from support.counts import DEEP
from support.deployment import A, PAYMENT, charged, consent_fields, wait_for
from support.h2client import Closed

LOG_FAILED = 70
MAX_CALLS = 400
MAX_TOTAL = 1000
N_QUERIES = 6
ACTS = ("EIO", "ENOSPC") if DEEP else ("EIO",)
JWT = [("content-type", "application/jwt")]


class Run:
    """The short run: grant, ask, ask five times at once, revoke. Keeps what was answered."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.token = gateway.token(max_total=MAX_TOTAL)
        self.withdrawn = gateway.token(max_total=MAX_TOTAL)
        self.granted, self.revoked = [], []
        self.answers = []

    def act(self):
        for step in (self._grant, self._ask_once, self._ask_often, self._revoke):
            try:
                with self.gateway.client(timeout=5) as client:
                    step(client)
            except (Closed, OSError):
                pass
        return self

    def _post(self, client, path, text):
        stream = client.request(path, JWT, method="POST", body=text.encode())
        self.answers.append(client.answers[stream])
        return client.finish(stream)[0].status

    def _grant(self, client):
        for token in (self.token, self.withdrawn):
            if self._post(client, "/consents", token) == 201:
                self.granted.append(token)

    def _ask_once(self, client):
        self._ask(client, 1)  # alone, so that its records have batches of their own

    def _ask_often(self, client):
        self._ask(client, N_QUERIES - 1)

    def _ask(self, client, n):
        streams = [client.request(PAYMENT, consent_fields(self.token)) for _ in range(n)]
        self.answers += [client.answers[stream] for stream in streams]
        client.finish(*streams)

    def _revoke(self, client):
        word = self.gateway.enterprise.revoke(tokens.jti_of(self.withdrawn), self.gateway.url)
        if self._post(client, "/revocations", word) == 200:
            self.revoked.append(self.withdrawn)

    @property
    def released(self):
        return [answer for answer in self.answers if answer.status == 200 and "access-id" in answer.fields]

    def check_answers(self):
        """Before anything is known of the log: an answer is whole, or a refusal, or nothing."""
        for answer in self.answers:
            if answer.status not in (0, 200, 201):
                assert answer.status == 503, (answer.status, bytes(answer.body))
                assert answer.code in ("log_unavailable", "draining", "overloaded"), answer.code

    def check_log(self):
        """After a start on a disk that works."""
        gateway = self.gateway
        by_index = {record["record"]["index"]: record for record in gateway.records()}
        for answer in self.released:
            record = by_index.get(answer.index)
            assert record, f"bytes left, but record {answer.index} is not on disk"
            assert record["detail"]["access_id"] == answer.fields["access-id"]
            if answer.complete:
                outcome = by_index[int(answer.trailers["access-outcome"])]
                assert outcome["detail"]["bytes"] == answer.n_bytes
        for token in self.granted:
            name = f"uscc:{A};{tokens.jti_of(token)}"
            n_used = sum(name in charged(record) for record in by_index.values())
            assert n_used <= (N_QUERIES if token == self.token else 0)
            state = gateway.consent_state(token)
            assert state["uses"]["left"] == MAX_TOTAL - n_used
            if token in self.revoked:
                assert state["state"] == "revoked"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A deployment that can be put back to its first day."""
    from support.deployment import Deployment
    with Deployment(tmp_path_factory.mktemp("disk")) as gateway:
        gateway.serve("tax")
        shutil.copytree(gateway.dir, gateway.folder / "first-day")
        yield gateway
        gateway.kill()


def reset(gateway):
    gateway.kill()
    shutil.rmtree(gateway.dir)
    shutil.copytree(gateway.folder / "first-day", gateway.dir)
    trace = gateway.folder / "trace"
    trace.unlink(missing_ok=True)
    return trace


def start_again(gateway):
    gateway.start()
    code, words = gateway.verify()
    assert code in (0, 3), words


def end_of(gateway):
    """What became of a run: the exit status, by itself or after it was asked to drain."""
    if gateway.hufud.poll() is None:
        time.sleep(0.05)
        gateway.hufud.terminate()
    return gateway.wait_end()


def sweep(gateway, act, calls, *, where, **words):
    """Strikes each call in turn; ends with the first run that makes fewer. Returns how many."""
    for k in range(1, MAX_CALLS):
        trace = reset(gateway)
        gateway.launch(env=faultfs.environment(path=where, calls=calls, at=k, act=act, trace=trace,
                                               **words))
        run = Run(gateway)
        is_up = gateway.wait_ready()
        if is_up:
            run.act()
        status = end_of(gateway)
        struck = [call for call in faultfs.read_trace(trace) if call[3]]
        if not struck:
            assert status == 0
            return k - 1
        place = f"{act} at call {k}: {struck[0][1]} {struck[0][2]}; exit {status}\n{gateway.stderr}"
        try:
            run.check_answers()
            assert status not in (0, None) and status > 0, "it should have ended, and in order"
            if is_up and "serving" in gateway.stderr:
                assert status == LOG_FAILED
            start_again(gateway)
            run.check_log()
            assert gateway.ask(PAYMENT, consent=gateway.token()).status == 200
            gateway.stop()
            code, verdict = gateway.verify()
            assert code == 0, verdict
        except AssertionError as error:
            raise AssertionError(place) from error
    raise AssertionError("the sweep does not end")


@pytest.mark.parametrize("act", ACTS)
def test_every_write_of_the_log_that_fails(site, act):
    assert sweep(site, act, "write,pwrite", where=site.log, sticky=True) >= 8


@pytest.mark.parametrize("act", ACTS)
def test_every_sync_of_the_log_that_fails(site, act):
    assert sweep(site, act, "fsync,fdatasync", where=site.log, drop=True) >= 6


def strike_while_running(gateway, act, calls, n_waiting=20):
    """Breaks the disk of a gateway that serves, with many waiting; what they got."""
    switch = gateway.folder / "broken"
    switch.unlink(missing_ok=True)
    reset(gateway)
    gateway.start(env=faultfs.environment(path=gateway.log, calls=calls, at=1, act=act, sticky=True,
                                          when=switch, drop=True))
    token = gateway.token(max_total=MAX_TOTAL)
    client = gateway.client(timeout=8)
    assert client.ask(PAYMENT, consent_fields(token)).status == 200
    switch.touch()
    streams = [client.request(PAYMENT, consent_fields(token)) for _ in range(n_waiting)]
    try:
        client.finish(*streams)
        client.drain(3)
    except Closed:
        pass
    client.close()
    status = gateway.wait_end()
    switch.unlink()
    return status, [client.answers[stream] for stream in streams], token


@pytest.mark.parametrize("calls", ["pwrite,write", "fdatasync,fsync"])
def test_nobody_who_waits_gets_a_byte_of_data(site, calls):
    status, answers, token = strike_while_running(site, "EIO", calls)
    assert status == LOG_FAILED
    assert [answer.status for answer in answers if answer.status not in (0, 503)] == []
    told = [answer for answer in answers if answer.status == 503]
    assert told, "at least some of those who waited are told"
    assert {answer.code for answer in told} <= {"log_unavailable"}
    start_again(site)
    name = f"uscc:{A};{tokens.jti_of(token)}"
    used = [r for r in site.records() if name in charged(r)]
    assert len(used) == 1, "only the access before the fault was ever durable"


def test_after_a_failure_nothing_is_served_any_more(site):
    switch = site.folder / "broken"
    switch.unlink(missing_ok=True)
    reset(site)
    site.start(env=faultfs.environment(path=site.log, calls="fdatasync,fsync", at=1, act="EIO", when=switch))
    client = site.client(timeout=3)
    other = site.client(timeout=3)
    switch.touch()
    first = client.request(PAYMENT, consent_fields(site.token()))
    try:
        client.finish(first)
        # the very next sync would succeed: it must not be tried
        assert other.ask(PAYMENT, consent_fields(site.token())).status == 503
    except Closed:
        pass
    assert site.wait_end() == LOG_FAILED
    client.close()
    other.close()


@pytest.mark.smoke
def test_a_disk_without_room_is_a_failed_log(site):
    status, answers, _ = strike_while_running(site, "ENOSPC", "pwrite,write")
    assert status == LOG_FAILED
    assert not any(answer.status == 200 for answer in answers)
    assert "log failed" in site.stderr, site.stderr


@pytest.mark.smoke
def test_a_running_answer_is_reset_when_its_outcome_cannot_be_written(deploy):
    gateway = deploy()
    gateway.tax = gateway.fake("tax")

    def answer(request, out):
        out.respond()
        out.data(b'{"uscc":"%s","items":[{}' % A.encode() + b" " * 20000)
        wait_for(switch.exists)
        out.data(b"]}")
        out.end()
    gateway.tax.answer = answer
    switch = gateway.folder / "broken"
    gateway.start(env=faultfs.environment(path=gateway.log, calls="pwrite,write", at=1, act="EIO",
                                          sticky=True, when=switch))
    with gateway.client(timeout=8) as client:
        stream = client.request(PAYMENT, consent_fields(gateway.token()))
        assert client.until(lambda: client.answers[stream].status == 200)
        switch.touch()
        try:
            client.finish(stream)
        except Closed:
            pass
        assert not client.answers[stream].complete and not client.answers[stream].trailers
    assert gateway.wait_end() == LOG_FAILED
    switch.unlink()


@pytest.mark.parametrize("act", ["EIO"])
def test_every_call_of_the_registry_that_fails(site, act):
    """What was acknowledged to be granted or revoked is so after a kill; the log never lacks it."""
    for k in range(1, MAX_CALLS):
        trace = reset(site)
        site.launch(env=faultfs.environment(path=site.dir / "registry", at=k, act=act, trace=trace,
                                            calls="write,fsync,fdatasync,rename"))
        run = Run(site)
        if site.wait_ready():
            run.act()
        site.kill()
        struck = [call for call in faultfs.read_trace(trace) if call[3]]
        if not struck:
            assert k > 3
            return
        try:
            start_again(site)
            run.check_log()
        except AssertionError as error:
            raise AssertionError(f"{act} at call {k}: {struck[0]}\n{site.stderr}") from error
    raise AssertionError("the sweep does not end")


def test_a_full_disk_under_the_registry(site):
    """Nothing new is acknowledged, by either listener; what was stands, and nothing comes back."""
    switch = site.folder / "full"
    switch.unlink(missing_ok=True)
    reset(site)
    site.start(env=faultfs.environment(path=site.dir / "registry", at=1, act="ENOSPC", sticky=True,
                                       calls="write,pwrite,fsync,fdatasync", when=switch))
    known, ended, new = (site.token(max_total=MAX_TOTAL) for _ in range(3))
    for token in (known, ended):
        assert site.register(token).status == 201
    assert site.revoke(ended).status == 200
    switch.touch()
    for bank in ("a", None):
        assert site.register(new, bank=bank).status >= 500
        assert site.revoke(known, bank=bank).status >= 500
    assert site.ops("/readyz") == 503, "the operator is told"
    assert site.ask(PAYMENT, consent=ended).code == "consent_revoked"
    n_used = sum(site.ask(PAYMENT, consent=known).status == 200 for _ in range(3))
    site.kill()
    switch.unlink()
    start_again(site)
    assert site.consent_state(known)["uses"]["left"] == MAX_TOTAL - n_used
    assert site.consent_state(ended)["state"] == "revoked"
    assert site.ask(PAYMENT, consent=tokens.name_of(new)).code == "consent_missing"
    assert site.register(new).status == 201
    assert site.revoke(known).status == 200
    assert site.ask(PAYMENT, consent=known).code == "consent_revoked"
    site.stop()
    assert site.verify()[0] == 0
