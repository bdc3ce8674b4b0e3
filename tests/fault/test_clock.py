"""A whole gateway whose wall clock is set back, and forward, while it runs and between two runs.

Time limits go by another clock; what is dated goes by this one, and never gets younger by it.
"""

import time

import pytest

from support import tokens
from support.badclock import BadClock
from support.deployment import A, PAYMENT, consent_fields

DAY_S = 86400
HOUR_S = 3600
MINE = f"/consents/uscc:{A}"
AHEAD_S = 5


@pytest.fixture
def site(deploy):
    gateway = deploy()
    gateway.serve("tax")
    gateway.clock = BadClock(gateway.folder)
    gateway.start(env=gateway.clock.environment)
    return gateway


def ask_many(gateway, client, token, n=40):
    return [client.request(PAYMENT, consent_fields(token)) for _ in range(n)]


def times_of(gateway):
    return [record["record"]["time"] for record in gateway.records()]


@pytest.mark.smoke
def test_a_clock_that_is_set_back_under_load(site):
    """By less than two clocks may differ: nobody who asks notices, and the log goes on in order."""
    token = site.token(max_total=1000)
    with site.client(timeout=20) as client:
        asked = []
        for wrong_s in (0, -30, 20, -45, 0):
            asked += ask_many(site, client, token)
            site.clock.be_wrong_by(wrong_s)
            asked += ask_many(site, client, token, 1)
            client.finish(asked[-1])
        assert {answer.status for answer in client.finish(*asked)} == {200}
        assert all(client.answers[stream].complete for stream in asked)
    site.stop()
    assert times_of(site) == sorted(times_of(site))
    assert site.verify()[0] == 0


def test_by_a_clock_before_the_consent_there_is_none(site):
    """By more: refused until the clock is right again, and on record with the time that was known."""
    token = site.token(nbf=int(time.time()) + HOUR_S)
    site.clock.be_wrong_by(HOUR_S)
    assert site.ask(PAYMENT, consent=token).status == 200
    site.clock.be_wrong_by(0)
    refused = site.ask(PAYMENT, consent=token)
    assert refused.code == "consent_not_yet_valid"
    site.clock.be_wrong_by(HOUR_S)
    assert site.ask(PAYMENT, consent=token).status == 200
    site.stop()
    before, refusal = (site.record(index)["record"]["time"] for index in (refused.index - 1, refused.index))
    assert refusal >= before
    assert site.verify()[0] == 0


def test_a_window_that_was_used_up_does_not_come_back(site):
    token = site.token(fetch={"max_total": 100, "per": {"unit": "day", "count": 2}})
    for wrong_s in (0, DAY_S):
        site.clock.be_wrong_by(wrong_s)
        assert [site.ask(PAYMENT, consent=token).status for _ in range(3)] == [200, 200, 429]
    site.clock.be_wrong_by(0)
    assert site.ask(PAYMENT, consent=token).code == "use_limit"
    site.kill()
    site.start(env=site.clock.environment)
    assert site.ask(PAYMENT, consent=token).code == "use_limit"


def test_what_ended_stays_so(site):
    token, later = site.token(), site.token()
    assert site.register(token).status == 201
    assert site.revoke(token).status == 200
    site.clock.be_wrong_by(-40)
    assert site.ask(PAYMENT, consent=token).code == "consent_revoked"
    assert site.register(later).status == 201 and site.revoke(later).status == 200
    site.kill()
    site.start(env=site.clock.environment)
    for ended in (token, later):
        assert site.ask(PAYMENT, consent=ended).code == "consent_revoked"


def proof(gateway):
    claims = {"ver": 1, "iss": gateway.enterprise.iss, "aud": gateway.url, "htm": "GET",
              "htu": f"https://localhost:{gateway.public_port}{MINE}", "iat": int(time.time()),
              "jti": tokens.new_jti()}
    return gateway.enterprise.sign(claims, typ="request-proof+jwt")


def read(gateway, word):
    return gateway.ask(MINE, None, fields=[("request-proof", word)], port=gateway.public_port)


@pytest.mark.parametrize("is_recorded", [True, False], ids=["record", "no record"])
def test_a_used_proof_is_not_good_again_by_a_clock_that_was_behind_at_the_start(site, is_recorded):
    time.sleep(AHEAD_S + 1)  # what is dated earlier may have been used before the start
    word = proof(site)
    assert read(site, word).status == 200
    if is_recorded:  # the log's word of the time; else there is none behind that of the last start
        assert site.ask(PAYMENT, consent=site.token()).status == 200
    site.kill()
    site.clock.be_wrong_by(-40)
    site.start(env=site.clock.environment)
    site.clock.be_wrong_by(0)
    answer = read(site, word)
    assert (answer.code, answer.problem["attribute"]) == ("proof_invalid", "iat")
    time.sleep(AHEAD_S + 1)
    assert read(site, proof(site)).status == 200
