"""A grantor sees its own consents on the public listener, by a proof that it signed for the request."""

import time

import pytest

from support import tokens
from support.deployment import A, B, PAYMENT, consent_fields

MINE = f"/consents/uscc:{A}"
AHEAD_S = 5


def proof(gateway, path, grantor=None, **changes):
    grantor = grantor or gateway.enterprise
    claims = {"ver": 1, "iss": grantor.iss, "aud": gateway.url, "htm": "GET",
              "htu": f"https://localhost:{gateway.public_port}" + path.partition("?")[0],
              "iat": int(time.time()), "jti": tokens.new_jti()}
    return grantor.sign(tokens.changed(claims, changes), typ="request-proof+jwt")


def read(gateway, path, word=None, bank=None):
    word = word or proof(gateway, path)
    return gateway.ask(path, bank, fields=[("request-proof", word)],
                       port=None if bank else gateway.public_port)


def names(answer):
    return [consent["jti"] for consent in answer.json["consents"]]


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    from support.deployment import Deployment
    with Deployment(tmp_path_factory.mktemp("office")) as gateway:
        gateway.serve("tax")
        gateway.start()
        time.sleep(AHEAD_S + 1)  # what is dated earlier may have been used before the start
        yield gateway


def test_a_grantor_reads_its_own_consents(office):
    named, seen, revoked = office.token(), office.token(), office.token()
    assert office.register(named).status == 201
    assert office.ask(PAYMENT, consent=seen).status == 200
    assert office.register(revoked).status == 201 and office.revoke(revoked).status == 200
    for token, state in ((named, "active"), (seen, "active"), (revoked, "revoked")):
        answer = read(office, MINE + "/" + tokens.jti_of(token))
        assert (answer.status, answer.json["state"]) == (200, state)
        assert answer.json["jti"] == tokens.jti_of(token)


def test_a_grantor_lists_its_own_consents(office):
    given = [office.token(exp=int(time.time()) + 3600 + i) for i in range(3)]
    for token in given:
        assert office.register(token).status == 201
    listed = read(office, MINE)
    assert listed.status == 200 and listed.json["iss"] == "uscc:" + A
    mine = [jti for jti in names(listed) if jti in map(tokens.jti_of, given)]
    assert mine == [tokens.jti_of(token) for token in given]  # by exp
    first = next(c for c in listed.json["consents"] if c["jti"] == mine[0])
    place = f"{first['exp']:011d};{mine[0]}"
    rest = read(office, MINE + "?after=" + place)
    assert names(rest)[:2] == mine[1:] and mine[0] not in names(rest)
    assert read(office, MINE + "?after=x").code == "request_malformed"
    assert read(office, MINE + "?before=x").code == "request_malformed"


def test_without_a_proof_there_is_nothing(office):
    token = office.token()
    assert office.register(token).status == 201
    for path in (MINE, MINE + "/" + tokens.jti_of(token)):
        assert office.ask(path, None, port=office.public_port).code == "route_unknown"


def test_anothers_consents_are_not_there(office):
    token = office.token()
    assert office.register(token).status == 201
    other = office.add_grantor("uscc:" + B)
    office.reload()
    for path in (MINE, MINE + "/" + tokens.jti_of(token)):
        assert read(office, path, proof(office, path, other)).code == "route_unknown"
    path = f"/consents/uscc:{B}"
    assert read(office, path, proof(office, path, other)).json["consents"] == []
    assert read(office, MINE + "/" + tokens.new_jti()).code == "route_unknown"
    assert read(office, MINE + "/x").code == "route_unknown"


def test_a_proof_is_used_once_whichever_worker_sees_it(office):
    word = proof(office, MINE)
    assert read(office, MINE, word).status == 200
    for _ in range(4):
        answer = read(office, MINE, word)
        assert (answer.code, answer.problem["attribute"]) == ("proof_invalid", "jti")


@pytest.mark.parametrize("changes, code, attribute", [
    ({"htm": "POST"}, "proof_invalid", "htm"),
    ({"htu": "https://localhost:1" + MINE}, "proof_invalid", "htu"),
    ({"htu": MINE}, "proof_invalid", "htu"),
    ({"iat": -61}, "proof_invalid", "iat"), ({"iat": AHEAD_S + 5}, "proof_invalid", "iat"),
    ({"aud": "https://other.example.test"}, "audience_mismatch", "aud"),
    ({"ver": 2}, "consent_malformed", "ver"), ({"jti": tokens.DROP}, "consent_malformed", "jti"),
    ({"iss": "uscc:" + B}, "grantor_unknown", "iss")])
def test_a_proof_of_something_else_proves_nothing(office, changes, code, attribute):
    if "iat" in changes:
        changes = {"iat": int(time.time()) + changes["iat"]}
    answer = read(office, MINE, proof(office, MINE, **changes))
    assert (answer.code, answer.problem["attribute"]) == (code, attribute)


def test_another_token_or_key_is_no_proof(office):
    claims = {"ver": 1, "iss": "uscc:" + A}
    other_type = office.enterprise.sign(claims, typ="consent+jwt")
    assert read(office, MINE, other_type).code == "consent_malformed"
    stranger = tokens.Grantor("uscc:" + A)
    assert read(office, MINE, proof(office, MINE, stranger)).code == "grantor_unknown"
    word = proof(office, MINE)
    twice = [("request-proof", word), ("request-proof", word)]
    assert office.ask(MINE, None, fields=twice, port=office.public_port).code == "request_malformed"


@pytest.fixture(scope="module")
def crowded(tmp_path_factory):
    """A grantor of more than a page of consents, each presented by the bank."""
    from support.deployment import Deployment
    with Deployment(tmp_path_factory.mktemp("crowded")) as gateway:
        gateway.serve("tax")
        gateway.start()
        gateway.given = [gateway.token(exp=int(time.time()) + 3600 + i) for i in range(103)]
        with gateway.client() as client:
            asked = [client.request(PAYMENT, consent_fields(token)) for token in gateway.given[:60]]
            asked += [client.request(PAYMENT, consent_fields(token)) for token in gateway.given[60:]
                      if client.finish(*asked)]
            assert {answer.status for answer in client.finish(*asked)} == {200}
        time.sleep(AHEAD_S + 1)  # so that they are stored, too
        yield gateway


def test_a_long_list_comes_in_pages(crowded):
    given = [tokens.jti_of(token) for token in crowded.given]
    first = read(crowded, MINE)
    assert names(first) == given[:100]
    rest = read(crowded, MINE + "?after=" + first.json["next"])
    assert names(rest) == given[100:] and "next" not in rest.json


def test_reading_has_a_rate(crowded):
    with crowded.stranger() as client:
        words = [[("request-proof", proof(crowded, MINE))] for _ in range(40)]
        answers = client.finish(*[client.request(MINE, word) for word in words])
        assert [answer.status for answer in answers[:15]] == [200] * 15
        assert answers[-1].code == "rate_limit"


def test_what_was_signed_before_a_start_proves_nothing_after_it(deploy):
    gateway = deploy().start()
    answer = read(gateway, MINE, proof(gateway, MINE))
    assert (answer.code, answer.problem["attribute"]) == ("proof_invalid", "iat")


def test_a_proof_dated_ahead_is_not_good_again_after_a_restart(deploy):
    gateway = deploy().start()
    time.sleep(AHEAD_S + 1)
    word = proof(gateway, MINE, iat=int(time.time()) + AHEAD_S)
    assert read(gateway, MINE, word).status == 200
    gateway.kill()
    gateway.start()
    for _ in range(AHEAD_S + 2):
        answer = read(gateway, MINE, word)
        assert (answer.code, answer.problem["attribute"]) == ("proof_invalid", "iat")
        time.sleep(1)
    assert read(gateway, MINE).status == 200


def test_a_bank_needs_no_proof_and_gains_nothing_by_one(office):
    token = office.token(bank="b")
    assert office.register(token, bank="b").status == 201
    path = MINE + "/" + tokens.jti_of(token)
    assert office.consent_state(token, bank="b")["state"] == "active"
    assert read(office, path, proof(office, path), bank="a").code == "route_unknown"
    assert read(office, MINE, proof(office, MINE), bank="a").code == "route_unknown"
