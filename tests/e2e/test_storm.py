"""Everything goes wrong at once, and afterwards the books must balance.

Banks ask, reset, hang up and do not read; the department answers, faults in every way and changes
its mind; consents are revoked, the configuration is reloaded; at the end the gateway is drained,
in calm or in the middle of it. Then each access has one outcome, and each consent was used as often
as the log says: by the registry before the end, and by the next start.
"""

import json
import random
import signal
import threading
import time

import pytest

from support import tokens
from support.counts import count, seeded
from support.deployment import A, B, PAYMENT, consent_fields, told_end, wait_for
from support.h2client import Closed

ITEM = {"item": "VAT", "kind": "normal", "period_from": "2024-01-01", "period_to": "2024-01-31",
        "paid_amount": 12.50}
LIMITS = {"source_first_byte_timeout_ms": 700, "access_timeout_ms": 3000, "write_timeout_ms": 2000,
          "drain_timeout_ms": 400}
N_BANKS = 5
USES = 40  # of the consent that runs out


def document(n_items):
    rows = ",".join([json.dumps(ITEM)] * n_items)
    return ('{"uscc":"%s","items":[%s]}' % (A, rows)).encode()


SHORT, LONG, ENDLESS = document(5), document(1500), document(15000)


def whole(out, dice):
    out.document(dice.choice([SHORT, LONG]))


def slow(out, dice):
    out.respond()
    for at in range(0, len(ENDLESS), 9000):
        out.data(ENDLESS[at:at + 9000])
        time.sleep(0.002)
    out.end()


def reset(out, dice):
    out.respond()
    out.data(LONG[:dice.randrange(len(LONG))])
    out.reset()


def malformed(out, dice):
    out.respond()
    out.data(LONG[:dice.randrange(1, len(LONG))] + b"\0")
    out.end()


DEPARTMENTS = [
    whole, whole, whole, whole, slow, slow, reset, malformed,
    lambda out, dice: out.respond(dice.choice([204, 404, 500, 503]), end=True),
    lambda out, dice: out.reset(dice.choice([2, 7])),  # INTERNAL_ERROR, REFUSED_STREAM
    lambda out, dice: (out.respond(), out.data(SHORT), out.hang_up()),
    lambda out, dice: None,  # silence
    lambda out, dice: out.document({"uscc": B, "items": []}),
]


class Storm:
    def __init__(self, gateway, dice):
        self.gateway, self.over = gateway, False
        self.running_out = gateway.token(max_total=USES)
        self.consents = [gateway.token(max_total=100000) for _ in range(4)]
        for token in [self.running_out, *self.consents[:2]]:
            assert gateway.register(token).status == 201
        self.threads = [threading.Thread(target=self.be_a_bank, args=(random.Random(dice.random()),))
                        for _ in range(N_BANKS)]
        for thread in self.threads:
            thread.start()

    def be_a_bank(self, dice):
        while not self.over:
            try:
                with self.gateway.client(timeout=8) as client:
                    for _ in range(4):
                        self.ask(client, dice)
            except (Closed, OSError):
                time.sleep(0.02)

    def ask(self, client, dice):
        streams = [client.request(PAYMENT, consent_fields(dice.choice([self.running_out, *self.consents])))
                   for _ in range(dice.randrange(1, 10))]
        client.drain(dice.random() * 0.1)
        if dice.random() < 0.3:
            for stream in dice.sample(streams, len(streams) // 2):
                if not client.answers[stream].over:
                    client.cancel(stream)
        elif dice.random() < 0.2:
            raise Closed("enough of it")
        client.until(lambda: all(client.answers[s].over or client.answers[s].ended_at for s in streams), 0.5)

    def end(self):
        self.over = True
        for thread in self.threads:
            thread.join()


def books(gateway):
    """(outcomes of each access, uses of each consent), as the log tells them."""
    outcomes, charged, uses = {}, {}, {}
    for entry in gateway.records():
        kind, detail = entry["record"]["kind"], entry["detail"]
        if kind == "access":
            assert detail["access_id"] not in outcomes
            outcomes[detail["access_id"]] = 0
            charged[detail["access_id"]] = set(detail["consents"]) - set(detail.get("spared", []))
            for name in charged[detail["access_id"]]:
                uses[name] = uses.get(name, 0) + 1
        if told_end(entry):
            outcomes[detail["access_id"]] += 1
            if detail.get("fault", "").startswith("source_") and detail["bytes"] == 0 and detail["status"] != 200:
                for name in charged[detail["access_id"]]:
                    uses[name] -= 1
    return outcomes, uses


@pytest.mark.clock
@pytest.mark.parametrize("log_first", [False, True], ids=["log and ask", "log first"])
@pytest.mark.parametrize("calm", [True, False], ids=["drained in calm", "drained in the storm"])
def test_the_books_balance_after_a_storm(deploy, calm, log_first):
    dice = seeded()
    gateway = deploy(limits=LIMITS)
    gateway.configure(lambda config: config["sources"]["tax"].update(log_first=log_first))
    gateway.fake("tax").answer = lambda request, out: dice.choice(DEPARTMENTS)(out, dice)
    gateway.start()
    storm = Storm(gateway, dice)
    try:
        for _ in range(count(60)):
            time.sleep(0.3)
            gateway.reload()
        assert gateway.revoke(storm.consents[3]).status == 200
        time.sleep(0.3)
        if calm:
            storm.end()
            wait_for(lambda: all(n == 1 for n in books(gateway)[0].values()), what="every outcome")
            left = gateway.consent_state(storm.running_out)["uses"]["left"]
        gateway.hufud.send_signal(signal.SIGTERM)
        assert gateway.wait_end() == 0, gateway.stderr
    finally:
        storm.end()
    outcomes, uses = books(gateway)
    assert len(outcomes) > 50 and set(outcomes.values()) == {1}
    assert gateway.verify(details=True)[0] == 0
    used = uses.get(tokens.name_of(storm.running_out), 0)
    assert used <= USES
    if calm:
        assert left == USES - used
    gateway.start()
    assert gateway.consent_state(storm.running_out)["uses"]["left"] == USES - used
    for token in storm.consents[:2]:
        spent = uses.get(tokens.name_of(token), 0)
        assert gateway.consent_state(token)["uses"]["left"] == 100000 - spent
