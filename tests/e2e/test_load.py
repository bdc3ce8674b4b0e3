"""Many requests with one consent, and a log that accounts for each of them."""

import hashlib
import os
import re
import signal
import subprocess
import threading
import time

import pytest

from support import tokens
from support.counts import count
from support.deployment import A, LOAD, PAYMENT, PATIENCE, consent_fields, told_end, wait_for
from support.h2client import Closed

N_REQUESTS = 90000
N_STREAMS = 100


def load_command(gateway, consent, n, *options):
    bank = gateway.banks["a"]
    head = [word for name, value in consent_fields(consent) for word in ("-H", f"{name}: {value}")]
    return [str(LOAD), "-n", str(n), "-c", "1", "-m", str(N_STREAMS), "--ca", str(gateway.ca),
            "--cert", str(bank.cert), "--key", str(bank.key), *head, *options, gateway.url + PAYMENT]


def carry_out(command):
    """Every answer was as expected. The load generator frees nothing at its end."""
    env = {**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}
    run = subprocess.run(command, capture_output=True, text=True, timeout=240 * PATIENCE, check=False,
                         env=env)
    print(run.stdout)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.fixture
def busy(deploy):
    gateway = deploy()
    gateway.serve("tax")
    gateway.start()
    return gateway


def used_and_left(gateway, token):
    return gateway.consent_state(token)["uses"]["left"]


def test_every_request_of_a_long_run_is_answered_and_on_record(busy):
    n = count(N_REQUESTS)
    token = busy.token(max_total=100000)
    assert busy.register(token).status == 201
    body = busy.ask(PAYMENT, consent=token).body
    name = f"uscc:{A};{tokens.jti_of(token)}"
    carry_out(load_command(busy, name, n, "--sha256", hashlib.sha256(body).hexdigest()))
    assert used_and_left(busy, token) == 100000 - n - 1
    busy.stop()
    code, words = busy.verify()
    assert code == 0, words
    figures = dict(re.findall(r"^(\w+): (\d+)$", words, re.M))
    assert int(figures["access"]) == int(figures["outcome"]) == n + 1
    assert int(figures["records"]) >= 2 * n
    code, words = busy.verify(details=True)
    assert code == 0 and "open_accesses: 0" in words, words


def test_a_token_in_every_request(busy):
    n = count(5000)
    token = busy.token(max_total=100000)
    carry_out(load_command(busy, token, n))


@pytest.mark.smoke
def test_many_connections(busy):
    token = busy.token(max_total=100000)
    command = load_command(busy, token, count(20000))
    command[command.index("-c") + 1] = "20"
    command[command.index("-m") + 1] = "10"
    carry_out(command)


@pytest.mark.smoke
def test_a_drain_under_load_loses_nothing(busy):
    """What was begun is completed; every access has its outcome; the log is whole and signed."""
    token = busy.token(max_total=100000)
    answers = []

    def run():
        client = busy.client(timeout=20)
        streams = set()
        try:
            while client.goaway is None:
                while len(streams) < 20 and client.goaway is None:
                    streams.add(client.request(PAYMENT, consent_fields(token)))
                client.until(lambda: any(client.answers[s].over for s in streams))
                streams = {s for s in streams if not client.answers[s].over}
            client.until(lambda: all(client.answers[s].over for s in streams))
        except Closed:
            pass
        answers.extend(client.answers.values())
        client.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    busy.stop()
    for thread in threads:
        thread.join()
    began = [answer for answer in answers if answer.status]
    assert len(began) > 50
    assert all(answer.complete for answer in began)
    assert {answer.status for answer in began} <= {200, 503}
    code, words = busy.verify(details=True)
    assert code == 0, words
    whole = {answer.fields["access-id"] for answer in began if answer.status == 200}
    assert whole <= {end["access_id"] for end in map(told_end, busy.records()) if end}


@pytest.mark.smoke
def test_a_running_answer_completes_during_a_drain(deploy):
    gateway = deploy()
    gateway.tax = gateway.fake("tax")
    go_on = threading.Event()

    def answer(request, out):
        out.respond()
        out.data(b'{"uscc":"%s","items":[{}' % A.encode() + b" " * 30000)
        go_on.wait(10)
        out.data(b"]}")
        out.end()
    gateway.tax.answer = answer
    gateway.start()
    with gateway.client() as client:
        stream = client.request(PAYMENT, consent_fields(gateway.token()))
        assert client.until(lambda: client.answers[stream].status == 200)
        gateway.hufud.send_signal(signal.SIGTERM)
        wait_for(lambda: "draining" in gateway.stderr, what="the drain")
        assert client.until(lambda: client.goaway is not None, 5)
        go_on.set()
        (answer,) = client.finish(stream)
    assert answer.complete and "access-outcome" in answer.trailers
    assert gateway.wait_end() == 0
    code, words = gateway.verify(details=True)
    assert code == 0, words
