"""A consent of 1000 uses is 1000 accesses, whoever races for them and however often hufud is killed.

64 clients on two workers ask until they are refused; meanwhile hufud is killed and started again.
At the end the log holds 1000 accesses that charged the consent: complete, cut, or of unknown outcome
because hufud died; and the next one is refused.
"""

import collections
import threading

import pytest

from support import tokens
from support.counts import count, seeded
from support.deployment import PAYMENT, charged, consent_fields, told_end
from support.h2client import Closed

N_CLIENTS = 64
N_USES = 1000
N_KILLS = 3


class Killer:
    """Counts complete answers; whoever brings one of the chosen ones kills hufud at once."""

    def __init__(self, gateway, random):
        self.gateway = gateway
        self.is_up = threading.Event()
        self.is_up.set()
        self.lock = threading.Lock()
        self.n_complete = 0
        at = [N_USES * (kill + 1) // (N_KILLS + 1) for kill in range(N_KILLS)]
        self.due = [n - random.randrange(100) for n in at]

    def complete(self):
        with self.lock:
            self.n_complete += 1
            if not self.due or self.n_complete < self.due[0]:
                return
            self.due.pop(0)
            self.is_up.clear()
            self.gateway.kill()
            self.gateway.start()
            self.is_up.set()


class Racer:
    """Asks one access after the other, on a new connection whenever one breaks."""

    def __init__(self, killer, consent):
        self.killer, self.fields = killer, consent_fields(consent)
        self.n_complete = 0
        self.n_broken = 0
        self.refused = None
        self.failure = None
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        try:
            while not self.refused:
                try:
                    with self.killer.gateway.client(timeout=20) as client:
                        self._ask(client)
                except (Closed, OSError):
                    self.n_broken += 1
                    assert self.killer.is_up.wait(60)
        except BaseException as failure:  # pylint: disable=broad-except
            self.failure = failure

    def _ask(self, client):
        while not self.refused:
            answer = client.ask(PAYMENT, self.fields)
            if answer.status == 200 and answer.complete:
                self.n_complete += 1
                self.killer.complete()
            else:
                assert answer.code == "use_limit", answer
                self.refused = answer


def endings(gateway, name):
    """How each access that charged the consent ended, by the log: Counter of words."""
    used, ended = set(), {}
    for record in gateway.records():
        detail = record["detail"]
        if name in charged(record):
            used.add(detail["access_id"])
        if told_end(record):
            ended[detail["access_id"]] = detail
    assert used, "nothing was charged"

    def word(access_id):
        outcome = ended.get(access_id)
        if outcome is None:
            return "unknown"
        returned = outcome["bytes"] == 0 and outcome.get("fault", "").startswith("source_")
        return "returned" if returned else "cut" if "fault" in outcome else "complete"
    return collections.Counter(word(access_id) for access_id in used)


def race(gateway, random):
    token = gateway.token(max_total=N_USES)
    assert gateway.register(token).status == 201
    killer = Killer(gateway, random)
    racers = [Racer(killer, token if i % 2 else tokens.name_of(token)) for i in range(N_CLIENTS)]
    for racer in racers:
        racer.thread.start()
    for racer in racers:
        racer.thread.join(120)
        assert not racer.thread.is_alive() and racer.failure is None, racer.failure
    assert not killer.due and sum(racer.n_broken for racer in racers) > N_KILLS
    return token, racers


@pytest.fixture
def track(deploy):
    gateway = deploy()
    gateway.serve("tax")
    gateway.start()
    return gateway


@pytest.mark.clock
def test_a_thousand_uses_are_a_thousand_whoever_dies(track):
    random = seeded()
    for _ in range(count(50)):
        token, racers = race(track, random)
        ends = endings(track, tokens.name_of(token))
        n_seen = sum(racer.n_complete for racer in racers)
        assert sum(ends.values()) - ends["returned"] == N_USES, ends
        assert n_seen <= ends["complete"] <= N_USES, (n_seen, ends)
        assert track.ask(PAYMENT, consent=token).code == "use_limit"
        state = track.consent_state(token)
        assert (state["state"], state["uses"]["left"]) == ("exhausted", 0)
    track.stop()
    track.start()
    assert track.ask(PAYMENT, consent=token).code == "use_limit"
    track.stop()  # a live tail is not wholly covered by a checkpoint
    assert track.verify()[0] == 0
