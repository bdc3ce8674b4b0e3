"""A gateway under attack: others are served, the log keeps up, slowness has an end, and TLS bounds."""

import socket
import threading
import time

import pytest
from hyperframe import frame as frames

import attacks
from support import tokens
from support.deployment import A, HUFUD, PAYMENT, consent_fields, wait_for
from support.h2client import Closed

MAX_REQUESTS_AT_SOURCE = 220


@pytest.fixture(scope="module")
def fort(tmp_path_factory):
    from support.deployment import Deployment
    limits = {"header_timeout_ms": 1500, "handshake_timeout_ms": 1500, "write_timeout_ms": 1500,
              "body_timeout_ms": 1500, "idle_timeout_ms": 4000}
    with Deployment(tmp_path_factory.mktemp("fort"), limits=limits) as gateway:
        gateway.tax = gateway.fake("tax")
        gateway.tax.answer = lambda request, out: out.document({"uscc": A})
        gateway.serve("samr")
        gateway.start()
        token = gateway.token(max_total=100000)
        assert gateway.register(token).status == 201
        gateway.name = f"uscc:{A};{tokens.jti_of(token)}"
        for _ in range(30):
            assert gateway.ask(PAYMENT, consent=gateway.name).status == 200
        yield gateway


class SecondClient:
    """Another bank's connection that asks on, all the time; what it got."""

    def __init__(self, gateway):
        self.statuses, self.worst = [], 0.0
        self.stop = False
        self.token = gateway.token("b", max_total=100000)
        self.gateway = gateway
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        with self.gateway.client("b") as client:
            while not self.stop:
                began = time.monotonic()
                try:
                    self.statuses.append(client.ask(f"/samr/registration/{A}.json",
                                                    consent_fields(self.token)).status)
                except Closed as error:
                    self.statuses.append(str(error))
                    return
                self.worst = max(self.worst, time.monotonic() - began)
                time.sleep(0.01)

    def end(self):
        """Stops after three more questions; all that it got."""
        enough = len(self.statuses) + 3
        wait_for(lambda: len(self.statuses) >= enough or not self.thread.is_alive(), what="other banks")
        self.stop = True
        self.thread.join()
        return self.statuses


def target_of(gateway, name):
    bank = gateway.banks["a"]
    return attacks.Target(gateway.port, gateway.ca, bank.cert, bank.key, PAYMENT, consent_fields(name))


@pytest.mark.parametrize("attack", [attacks.rapid_reset, attacks.made_you_reset_window,
                                    attacks.hpack_bomb, attacks.continuation_flood,
                                    attacks.ping_flood], ids=lambda attack: attack.__name__)
def test_other_banks_are_served_during_an_attack(fort, attack):
    second = SecondClient(fort)
    try:
        assert attack(target_of(fort, fort.name)).ended
    finally:
        statuses = second.end()
    assert set(statuses) == {200}
    assert second.worst < 2


def patient_rapid_reset(target, n=600):
    """Each request has a moment to get to work before it is taken back."""
    with attacks.Attacker(target) as a:
        for stream in range(1, 2 * n, 2):
            a.send([a.headers(stream)])
            a.read(0.002)
            a.send([frames.RstStreamFrame(stream, error_code=attacks.CANCEL).serialize()])
            if a.outcome.ended:
                break
        return a.settle()


def test_requests_that_get_to_work_before_they_are_reset_are_counted_too(fort):
    fort.tax.requests.clear()
    assert patient_rapid_reset(target_of(fort, fort.name)).ended
    assert 100 < len(fort.tax.requests) <= MAX_REQUESTS_AT_SOURCE


def test_a_bank_that_takes_most_of_its_requests_back_is_sent_away(fort):
    """Each reset is within the rate: what is wrong is how many of the requests they are."""
    samr, fields = f"/samr/registration/{A}.json", consent_fields(fort.name)
    n_asked, n_taken_back = 0, 0
    with fort.client() as client:
        for _ in range(240):
            assert client.ask(samr, fields).status == 200
            n_asked += 1
        try:
            for pause in [0] * 190 + [0.11] * 90:
                time.sleep(pause)
                client.cancel(client.request(samr, fields))
                n_taken_back += 1
                client.drain(0.001)
        except Closed:
            pass
    assert client.goaway == attacks.ENHANCE_YOUR_CALM
    assert n_asked < n_taken_back < n_asked + 40


@pytest.mark.smoke
def test_every_access_of_an_attack_is_on_record_with_its_outcome(deploy):
    gateway = deploy()
    gateway.tax = gateway.fake("tax")
    gateway.tax.answer = lambda request, out: (time.sleep(0.05), out.document({"uscc": A}))
    gateway.start()
    token = gateway.token(max_total=100000)
    assert gateway.register(token).status == 201
    name = f"uscc:{A};{tokens.jti_of(token)}"
    patient_rapid_reset(target_of(gateway, name))
    time.sleep(0.3)
    n_at_source = len(gateway.tax.requests)
    gateway.stop()
    code, words = gateway.verify(details=True)
    assert code == 0, words
    accesses = [r for r in gateway.records() if r["record"]["kind"] == "access"]
    assert len(accesses) >= n_at_source
    ids = {r["detail"]["access_id"] for r in accesses}
    assert {request.field("access-id") for request in gateway.tax.requests} <= ids


# --- slowness ---

def test_a_header_block_that_drips(fort):
    with attacks.Attacker(target_of(fort, fort.name)) as a:
        a.read(0.3)  # SETTINGS, and ours are acknowledged
        began = time.monotonic()
        for byte in a.headers(1):
            a.send([bytes([byte])])
            a.read(0.1)
            if a.outcome.closed:
                break
        assert a.outcome.closed and not a.outcome.statuses
        assert 1 < time.monotonic() - began < 5


def test_a_handshake_that_does_not_come(fort):
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", fort.port), timeout=10) as sock:
        assert sock.recv(1) == b""
    assert 1 < time.monotonic() - began < 5


def test_a_preface_that_does_not_come(fort):
    raw = socket.create_connection(("127.0.0.1", fort.port), timeout=10)
    with fort.context("a").wrap_socket(raw, server_hostname="localhost") as sock:
        sock.settimeout(10)
        began = time.monotonic()
        while sock.recv(4096):
            pass
        assert 1 < time.monotonic() - began < 6


def test_a_request_body_that_stops(fort):
    with fort.client() as client:
        stream = client.request("/consents", [("content-type", "application/jwt")], method="POST",
                                body=b"abc", end=False)
        began = time.monotonic()
        try:
            client.until(lambda: client.answers[stream].over, 8)
        except Closed:
            pass
        assert 1 < time.monotonic() - began < 6


def test_a_bank_that_does_not_read(fort):
    """Its streams are ended when nothing has moved for the write timeout, and the source is let go."""
    def answer(request, out):
        out.respond()
        out.data(b'{"uscc":"%s","items":[' % A.encode())
        while True:
            out.data(b'{"item":"x","period_from":"2024-01-01","period_to":"2024-01-31"},' * 200)
    fort.tax.resets.clear()
    original, fort.tax.answer = fort.tax.answer, answer
    try:
        with fort.client(give_windows=False, keep_bodies=False) as client:
            streams = [client.request(PAYMENT, consent_fields(fort.name)) for _ in range(20)]
            began = time.monotonic()
            try:
                client.until(lambda: all(client.answers[s].over for s in streams), 10)
            except Closed:
                pass
            assert 1 < time.monotonic() - began < 6
        wait_for(lambda: len(fort.tax.resets) >= 20, what="the source to be let go")
    finally:
        fort.tax.answer = original


def test_an_idle_connection_is_ended_in_order(fort):
    with fort.client() as client:
        assert client.ask(PAYMENT, consent_fields(fort.name)).status == 200
        began = time.monotonic()
        with pytest.raises(Closed):
            client.until(lambda: False, 15)
        assert 3 < time.monotonic() - began < 10
        assert client.goaway == 0


# --- TLS ---

@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_1"])
def test_old_tls_is_refused(fort, version):
    import ssl
    context = ssl.create_default_context(cafile=str(fort.ca))
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = getattr(ssl.TLSVersion, version)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, OSError)):
        raw = socket.create_connection(("127.0.0.1", fort.port), timeout=5)
        context.wrap_socket(raw, server_hostname="localhost")


def test_another_protocol_is_refused(fort):
    import ssl
    context = ssl.create_default_context(cafile=str(fort.ca))
    context.set_alpn_protocols(["http/1.1"])
    bank = fort.banks["a"]
    context.load_cert_chain(str(bank.cert), str(bank.key))
    with pytest.raises((ssl.SSLError, OSError)):
        raw = socket.create_connection(("127.0.0.1", fort.port), timeout=5)
        with context.wrap_socket(raw, server_hostname="localhost") as sock:
            sock.settimeout(5)
            sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
            if not sock.recv(1):
                raise OSError("closed")


def test_no_client_certificate_no_connection_to_the_banks_listener(fort):
    with pytest.raises((Closed, OSError)):
        with fort.client(bank=None) as client:
            client.ask(PAYMENT)


def test_no_tickets_and_no_resumption(fort):
    import ssl
    context = fort.context("a")
    raw = socket.create_connection(("127.0.0.1", fort.port), timeout=5)
    with context.wrap_socket(raw, server_hostname="localhost") as sock:
        sock.settimeout(0.5)
        try:
            sock.recv(1024)
        except (socket.timeout, ssl.SSLError, OSError):
            pass
        assert sock.session is None or not sock.session.has_ticket
        assert not sock.session_reused


# --- descriptors ---

def test_strangers_who_connect_leave_the_log_its_descriptors(deploy):
    """The log opens a file for each checkpoint and each segment: without one it stops the service."""
    gateway = deploy()
    gateway.serve("tax")
    few = gateway.folder / "hufud-with-few"
    few.write_text(f'#!/bin/sh\nulimit -n 256\nexec {HUFUD} "$@"\n')
    few.chmod(0o755)
    gateway.start(few)
    fields = consent_fields(gateway.token())
    with gateway.client() as client:
        assert client.ask(PAYMENT, fields).status == 200
        strangers = [socket.create_connection(("127.0.0.1", port), timeout=5)
                     for port in (gateway.port, gateway.public_port) for _ in range(200)]
        time.sleep(1.2)  # a checkpoint is due
        assert client.ask(PAYMENT, fields).status == 200
        time.sleep(1.2)
        assert client.ask(PAYMENT, fields).status == 200
        for stranger in strangers:
            stranger.close()
    assert wait_for(lambda: gateway.ask(PAYMENT, consent=gateway.token()).status == 200,
                    what="the gateway to serve again")


def test_a_limit_that_leaves_no_descriptors_is_told_at_the_start(deploy):
    gateway = deploy()
    few = gateway.folder / "hufud-with-none"
    few.write_text(f'#!/bin/sh\nulimit -n 128\nexec {HUFUD} "$@"\n')
    few.chmod(0o755)
    gateway.launch(few)
    assert gateway.wait_end() == 4
    assert "RLIMIT_NOFILE" in gateway.stderr
