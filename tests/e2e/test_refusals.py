"""Every refusal has its status and its code, and names the record that tells of it."""

import base64
import json
import re
import time

import pytest

from support import tokens
from support.deployment import A, B, PAYMENT, PURPOSE, charged
from support.tokens import DAY_S, DROP, scope

NOW = int(time.time())

DIGEST = "sy3ecP5IWV3ewFNMieXXU01ucSJaT2GNY9NEI2CHI-Y"
PERSON = "person:" + DIGEST


def named(value):
    """A parameter in the name of a test, which must be the same in each process: without the time."""
    return re.sub(r"\b\d{10}\b", "then", str(value))


def refused(gateway, answer, status, code):
    """The answer is that refusal, and the record that it names tells the same."""
    assert answer.code == code, answer.body
    assert answer.status == status
    problem = answer.problem
    assert problem["type"] == "urn:hufu:problem:" + code
    assert problem["status"] == status and problem["title"]
    assert problem["access_log"] == answer.fields["access-log"]
    assert not answer.trailers and "access-id" not in answer.fields
    record = gateway.record(answer.index)
    assert record["record"]["kind"] == "deny" and record["record"]["decision"] == "deny"
    assert record["record"]["index"] == answer.index
    assert record["detail"]["code"] == code
    return problem


def tampered(token, part, change):
    parts = token.split(".")
    parts[part] = change(parts[part])
    return ".".join(parts)


def flip_last_bit(part):
    data = bytearray(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    data[-1] ^= 1
    return tokens.b64url(bytes(data))


# --- 403: consents that do not hold ---

@pytest.mark.smoke
def test_no_consent(gateway):
    refused(gateway, gateway.ask(PAYMENT), 403, "consent_missing")


def test_an_unknown_name(gateway):
    answer = gateway.ask(PAYMENT, consent=f"uscc:{A};{tokens.new_jti()}")
    refused(gateway, answer, 403, "consent_missing")


def test_another_banks_name_is_as_if_it_were_unknown(gateway):
    token = gateway.token()
    assert gateway.register(token).status == 201
    name = f"uscc:{A};{tokens.jti_of(token)}"
    refused(gateway, gateway.ask(PAYMENT, "b", consent=name), 403, "consent_missing")


def test_an_unknown_grantor(gateway):
    stranger = tokens.Grantor("uscc:" + B)
    refused(gateway, gateway.ask(PAYMENT, consent=gateway.token(grantor=stranger)), 403,
            "grantor_unknown")


def test_an_unknown_key_of_a_known_grantor(gateway):
    stranger = tokens.Grantor("uscc:" + A)
    refused(gateway, gateway.ask(PAYMENT, consent=gateway.token(grantor=stranger)), 403,
            "grantor_unknown")


def test_a_signature_with_one_bit_changed(gateway):
    token = tampered(gateway.token(), 2, flip_last_bit)
    refused(gateway, gateway.ask(PAYMENT, consent=token), 403, "consent_signature_invalid")


def test_a_payload_with_other_claims_under_the_same_signature(gateway):
    other = gateway.token(max_total=99999).split(".")[1]
    token = tampered(gateway.token(), 1, lambda _: other)
    refused(gateway, gateway.ask(PAYMENT, consent=token), 403, "consent_signature_invalid")


def test_another_gateways_consent(gateway):
    token = gateway.token(aud="https://other.example.test")
    refused(gateway, gateway.ask(PAYMENT, consent=token), 403, "audience_mismatch")


def test_more_than_one_audience(gateway):
    token = gateway.token(aud=[gateway.url])
    refused(gateway, gateway.ask(PAYMENT, consent=token), 403, "audience_mismatch")


def test_another_banks_consent(gateway):
    refused(gateway, gateway.ask(PAYMENT, "b", consent=gateway.token()), 403, "recipient_mismatch")


def test_a_consent_bound_to_another_certificate(gateway):
    token = gateway.token(cnf={"x5t#S256": gateway.banks["b"].x5t})
    refused(gateway, gateway.ask(PAYMENT, consent=token), 403, "binding_mismatch")


def test_a_consent_bound_to_another_key(gateway):
    token = gateway.token(cnf={"x5t#S256": gateway.banks["a"].x5t, "jkt": DIGEST})
    refused(gateway, gateway.ask(PAYMENT, consent=token), 403, "binding_mismatch")


@pytest.mark.smoke
def test_an_expired_consent(gateway):
    token = gateway.token(iat=NOW - 100, nbf=NOW - 100, exp=NOW - 1)
    refused(gateway, gateway.ask(PAYMENT, consent=token), 403, "consent_expired")


def test_a_consent_that_expires_while_it_is_in_use(gateway):
    token = gateway.token(exp=int(time.time()) + 3)
    assert gateway.ask(PAYMENT, consent=token).status == 200
    time.sleep(3.1)
    refused(gateway, gateway.ask(PAYMENT, consent=token), 403, "consent_expired")


def test_a_consent_of_tomorrow(gateway):
    token = gateway.token(nbf=NOW + DAY_S, exp=NOW + 2 * DAY_S)
    refused(gateway, gateway.ask(PAYMENT, consent=token), 403, "consent_not_yet_valid")


def test_a_consent_signed_in_the_future(gateway):
    token = gateway.token(iat=NOW + DAY_S, nbf=NOW + DAY_S, exp=NOW + 2 * DAY_S)
    refused(gateway, gateway.ask(PAYMENT, consent=token), 403, "consent_not_yet_valid")


def test_a_revoked_consent(gateway):
    token = gateway.token()
    assert gateway.revoke(token).status == 200
    refused(gateway, gateway.ask(PAYMENT, consent=token), 403, "consent_revoked")


def test_a_consent_about_another_enterprise(gateway):
    answer = gateway.ask(f"/tax/payment/{B}.json", consent=gateway.token())
    refused(gateway, answer, 403, "subject_mismatch")


def test_another_purpose(gateway):
    answer = gateway.ask(PAYMENT, consent=gateway.token(),
                         purpose=(("consent-purpose", "post_loan"), ("consent-actions", "query")))
    refused(gateway, answer, 403, "purpose_denied")


def test_more_actions_than_granted(gateway):
    answer = gateway.ask(PAYMENT, consent=gateway.token(),
                         purpose=(("consent-purpose", "pre_loan"), ("consent-actions", "query, process")))
    refused(gateway, answer, 403, "action_denied")


def test_a_scope_without_query_opens_nothing(gateway):
    token = gateway.token(scopes=[scope("tax/payment", actions=["use"])])
    answer = gateway.ask(PAYMENT, consent=token,
                         purpose=(("consent-purpose", "pre_loan"), ("consent-actions", "use")))
    refused(gateway, answer, 403, "action_denied")


def test_another_dataset(gateway):
    answer = gateway.ask(f"/tax/invoice/{A}.json", consent=gateway.token())
    refused(gateway, answer, 403, "scope_denied")


def test_line_items_need_a_scope_that_says_so(gateway):
    token = gateway.token(scopes=[scope("tax/invoice")])
    refused(gateway, gateway.ask(f"/tax/invoice/{A}.json", consent=token), 403, "scope_denied")
    token = gateway.token(scopes=[scope("tax/invoice", detail="records")])
    assert gateway.ask(f"/tax/invoice/{A}.json", consent=token).status == 200


def test_a_scope_of_dated_data_without_a_range(gateway):
    token = gateway.token(scopes=[scope("tax/payment", range=DROP)])
    answer = gateway.ask(PAYMENT, consent=token)
    assert answer.code in ("range_denied", "consent_malformed")
    refused(gateway, answer, answer.status, answer.code)


def test_two_scopes_do_not_make_a_wider_one(gateway):
    token = gateway.token(scopes=[scope("tax/payment", actions=["query"]),
                                  scope("tax/rating", actions=["query", "use"])])
    answer = gateway.ask(PAYMENT, consent=token,
                         purpose=(("consent-purpose", "pre_loan"), ("consent-actions", "query, use")))
    refused(gateway, answer, 403, "action_denied")


def test_personal_classes_need_the_persons_own_consent(gateway):
    token = gateway.token(scopes=[scope("tax/payment", classes=["trade_secret", "personal"])])
    refused(gateway, gateway.ask(PAYMENT, consent=token), 403, "person_consent_required")


def test_an_agent_without_power_of_attorney(gateway):
    token = gateway.token(act={"role": "agent", "sub": PERSON})
    refused(gateway, gateway.ask(PAYMENT, consent=token), 403, "agent_invalid")


def test_one_bad_consent_beside_a_good_one_spoils_both(gateway):
    expired = gateway.token(iat=NOW - 100, nbf=NOW - 100, exp=NOW - 1)
    answer = gateway.ask(PAYMENT, consent=[gateway.token(), expired])
    assert answer.status == 403
    refused(gateway, answer, 403, answer.code)


def test_two_enterprises_consents_at_once(gateway):
    answer = gateway.ask(PAYMENT, consent=[gateway.token(), gateway.token()])
    assert answer.status in (400, 403)
    refused(gateway, answer, answer.status, answer.code)


# --- 400: tokens and requests that are not well formed ---

@pytest.mark.parametrize("what, make", [
    ("no signature", lambda t: ".".join(t.split(".")[:2]) + "."),
    ("two parts", lambda t: ".".join(t.split(".")[:2])),
    ("four parts", lambda t: t + ".AAAA"),
    ("padding", lambda t: t + "=="),
    ("other alphabet", lambda t: tampered(t, 1, lambda p: "+" + p[1:])),
    ("white space", lambda t: t.replace(".", ". ", 1)),
    ("not base64", lambda t: "§§§.§§§.§§§"),
    ("a JSON text", lambda t: '{"payload":"AAAA","signatures":[]}'),
])
def test_what_is_no_compact_token(gateway, what, make):
    answer = gateway.ask(PAYMENT, consent=make(gateway.token()))
    assert answer.code in ("consent_malformed", "request_malformed"), what
    refused(gateway, answer, 400, answer.code)


@pytest.mark.parametrize("header", [
    {"alg": "none"}, {"alg": "None"}, {"alg": "HS256"}, {"alg": "RS256"}, {"alg": DROP}, {"alg": 1},
    {"typ": "JWT"}, {"typ": DROP}, {"typ": "consent-revocation+jwt"}, {"typ": "Consent+jwt"},
    {"jwk": {}}, {"jku": "https://attacker.example.test"}, {"x5u": "https://attacker.example.test"},
    {"crit": ["exp"]}, {"zip": "DEF"}, {"b64": False}, {"kid": DROP}, {"kid": "../../etc/passwd"},
    {"cty": "JWT"},
], ids=str)
def test_headers_that_no_token_may_have(gateway, header):
    claims = gateway.claims()
    answer = gateway.ask(PAYMENT, consent=gateway.enterprise.sign(claims, **header))
    refused(gateway, answer, 400, "consent_malformed")


def test_the_alias_of_the_algorithm_is_accepted(gateway):
    token = gateway.enterprise.sign(gateway.claims(), alg="EdDSA")
    assert gateway.ask(PAYMENT, consent=token).status == 200


def test_another_algorithm_than_the_keys(gateway):
    answer = gateway.ask(PAYMENT, consent=gateway.enterprise.sign(gateway.claims(), alg="ES256"))
    assert answer.code in ("consent_signature_invalid", "consent_malformed")
    refused(gateway, answer, answer.status, answer.code)


@pytest.mark.parametrize("change, blamed", [
    ({"ver": 2}, "ver"), ({"sub": "uscc:" + B}, "sub"), ({"jti": "short"}, "jti"),
    ({"exp": "1"}, "exp"), ({"exp": 1e20}, "exp"), ({"exp": NOW + 4000 * DAY_S}, "exp"),
    ({"nbf": -1}, "nbf"), ({"purposes": []}, "purposes"), ({"purposes": ["any"]}, "purposes"),
    ({"fetch": {}}, "fetch"), ({"fetch": {"max_total": 0}}, "fetch"),
    ({"notice": DROP}, "notice"), ({"data_life_days": -1}, "data_life_days"),
    ({"authorization_details": []}, "authorization_details"), ({"nonce": DROP}, "nonce"),
], ids=named)
def test_claims_outside_the_profile(gateway, change, blamed):
    problem = refused(gateway, gateway.ask(PAYMENT, consent=gateway.token(**change)), 400,
                      "consent_malformed")
    assert problem["attribute"].startswith(blamed)


def test_a_claim_that_nobody_knows(gateway):
    """The attribute is the object that holds it: what an attacker calls a member is not repeated."""
    answer = gateway.ask(PAYMENT, consent=gateway.token(unheard_of=1))
    assert "attribute" not in refused(gateway, answer, 400, "consent_malformed")
    assert b"unheard_of" not in answer.body


@pytest.mark.parametrize("cnf", [{}, DROP], ids=["empty", "absent"])
def test_a_consent_that_is_bound_to_nothing(gateway, cnf):
    refused(gateway, gateway.ask(PAYMENT, consent=gateway.token(cnf=cnf)), 403, "binding_mismatch")


@pytest.mark.smoke
def test_a_duplicate_claim(gateway):
    text = json.dumps(gateway.claims())
    doubled = text[:-1] + ', "exp": 4000000000}'
    head = tokens.b64url(tokens.compact({"alg": "Ed25519", "kid": gateway.enterprise.kid,
                                         "typ": "consent+jwt"}))
    signed = head + "." + tokens.b64url(doubled.encode())
    token = signed + "." + tokens.b64url(gateway.enterprise.key.sign(signed.encode()))
    refused(gateway, gateway.ask(PAYMENT, consent=token), 400, "consent_malformed")


@pytest.mark.parametrize("purpose, blamed", [
    ((("consent-actions", "query"),), "consent-purpose"),
    ((("consent-purpose", "pre_loan"),), "consent-actions"),
    ((("consent-purpose", "any"), ("consent-actions", "query")), "consent-purpose"),
    ((("consent-purpose", "pre_loan"), ("consent-actions", "query,query")), "consent-actions"),
    ((("consent-purpose", "pre_loan"), ("consent-actions", "query,")), "consent-actions"),
    ((("consent-purpose", "pre_loan"), *PURPOSE), "consent-purpose"),
    ((("consent-loan", "short"), *PURPOSE), "consent-loan"),
], ids=str)
def test_request_fields_that_do_not_say_what_they_must(gateway, purpose, blamed):
    answer = gateway.ask(PAYMENT, consent=gateway.token(), purpose=purpose)
    problem = refused(gateway, answer, 400, "request_malformed")
    assert problem["attribute"] == blamed


def test_a_name_that_is_none(gateway):
    answer = gateway.ask(PAYMENT, consent="no-issuer;")
    refused(gateway, answer, 400, "request_malformed")


# --- agreements ---

def test_no_agreement_between_source_and_bank(deploy):
    gateway = deploy()
    (gateway.dir / "agreements" / f"{gateway.banks['a'].uscc}.tax.json").unlink()
    gateway.serve("tax", "samr")
    gateway.start()
    refused(gateway, gateway.ask(PAYMENT, consent=gateway.token()), 403, "agreement_denied")
    assert gateway.ask(f"/samr/registration/{A}.json", consent=gateway.token()).status == 200


@pytest.mark.parametrize("change", [
    {"datasets": ["rating"]}, {"purposes": ["post_loan"]}, {"not_after": NOW - 1},
    {"not_before": NOW + DAY_S}], ids=named)
def test_an_agreement_that_does_not_reach(deploy, change):
    gateway = deploy()
    name = f"agreements/{gateway.banks['a'].uscc}.tax.json"
    gateway.edit(name, lambda agreement: agreement.update(change))
    gateway.serve("tax")
    gateway.start()
    refused(gateway, gateway.ask(PAYMENT, consent=gateway.token()), 403, "agreement_denied")


def test_an_agreement_bounds_the_classes(deploy):
    gateway = deploy()
    name = f"agreements/{gateway.banks['a'].uscc}.tax.json"
    gateway.edit(name, lambda agreement: agreement.update(classes=["public"]))
    gateway.serve("tax")
    gateway.start()
    (rating, *_) = gateway.ask(f"/tax/rating/{A}.json", consent=gateway.token()).json["ratings"]
    assert "on_a_list" in rating  # public
    assert "level" not in rating  # a trade secret, which consent and policy would release


# --- uses ---

def test_uses_run_out(gateway):
    token = gateway.token(max_total=2)
    assert [gateway.ask(PAYMENT, consent=token).status for _ in range(2)] == [200, 200]
    refused(gateway, gateway.ask(PAYMENT, consent=token), 429, "use_limit")


def test_a_window_of_uses(gateway):
    token = gateway.token(fetch={"max_total": 10, "per": {"unit": "day", "count": 1}})
    assert gateway.ask(PAYMENT, consent=token).status == 200
    refused(gateway, gateway.ask(PAYMENT, consent=token), 429, "use_limit")


@pytest.mark.smoke
def test_uses_are_not_multiplied_by_parallel_requests(gateway):
    from support.deployment import consent_fields
    token = gateway.token(max_total=7)
    clients = [gateway.client() for _ in range(4)]
    streams = [(client, [client.request(PAYMENT, consent_fields(token)) for _ in range(10)])
               for client in clients]
    statuses = [answer.status for client, ids in streams for answer in client.finish(*ids)]
    for client in clients:
        client.close()
    assert statuses.count(200) == 7 and statuses.count(429) == 33


def test_a_public_access_with_a_consent_that_releases_nothing_more_costs_no_use(gateway):
    token = gateway.token(scopes=[scope("tax/arrears", "samr/registration", classes=[])])
    assert gateway.register(token).status == 201
    before = gateway.consent_state(token)["uses"]["left"]
    answer = gateway.ask(f"/samr/registration/{A}.json", consent=token)
    assert answer.status == 200
    assert gateway.consent_state(token)["uses"]["left"] == before
    assert charged(gateway.record(answer.index)) == []


def test_the_same_name_with_other_claims(gateway):
    jti = tokens.new_jti()
    assert gateway.register(gateway.token(jti=jti)).status == 201
    answer = gateway.ask(PAYMENT, consent=gateway.token(jti=jti, max_total=99))
    refused(gateway, answer, 409, "jti_conflict")


def test_a_loan_must_be_the_one_the_consent_names(gateway):
    token = gateway.token(purposes=["in_loan"], loan_ref=DIGEST)
    purpose = (("consent-purpose", "in_loan"), ("consent-actions", "query"))
    assert gateway.ask(PAYMENT, consent=token,
                       purpose=(*purpose, ("consent-loan", DIGEST))).status == 200
    other = DIGEST[:-1] + "Q"
    for fields in (purpose, (*purpose, ("consent-loan", other))):
        answer = gateway.ask(PAYMENT, consent=token, purpose=fields)
        assert answer.status in (400, 403)
        refused(gateway, answer, answer.status, answer.code)


# --- what is not there ---

def test_an_unknown_route(gateway):
    refused(gateway, gateway.ask("/tax/nothing/here.json", consent=gateway.token()), 404, "route_unknown")


def test_an_operation_without_annotation_is_not_served(gateway):
    refused(gateway, gateway.ask("/tax/healthz", consent=gateway.token()), 404, "route_unknown")


def test_an_unknown_source(gateway):
    refused(gateway, gateway.ask(f"/water/usage/{A}.json", consent=gateway.token()), 404, "route_unknown")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "POST", "BREW"])
def test_other_methods(gateway, method):
    answer = gateway.ask(PAYMENT, consent=gateway.token(), method=method,
                         options=["--head"] if method == "HEAD" else [])
    if method == "HEAD":
        assert (answer.exit, answer.status) == (0, 405)
    else:
        refused(gateway, answer, 405, "method_denied")
