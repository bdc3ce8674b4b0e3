"""Each refusal: its status, its code, and its own record in the log.

Covers: gateway/listener.c gateway/answer.c
"""
import json
import time

import pytest

from gateway import (BANK_A, BANK_B, ENTERPRISE, PAYMENT, access, b64url, log_index, name_of,
                     problem)

INVOICE = f"/tax/invoice/{ENTERPRISE}.json"
OTHER = "/tax/payment/91999999MA0000A00C.json"


def scope(**changes):
    details = {"type": "credit_data", "datatypes": ["tax/payment"], "actions": ["query"],
               "classes": ["trade_secret"],
               "range": {"from": "2023-01-01", "to": "2025-12-31"}, **changes}
    return [{name: value for name, value in details.items() if value is not None}]


def refused(gw, answer, status, code):
    """Checks the answer and the record that it names."""
    assert answer.status == status and problem(answer) == code, answer
    assert answer.whole and not answer.trailers and "access-id" not in answer.headers
    record = gw.record(log_index(answer))
    assert record["record"]["kind"] == "deny" and record["record"]["decision"] == "deny"
    assert record["detail"]["code"] == code
    return record["detail"]


def test_no_consent(gw):
    detail = refused(gw, gw.query(PAYMENT), 403, "consent_missing")
    assert detail["enterprise"] == f"uscc:{ENTERPRISE}" and detail["operation"]


def test_another_banks_consent(gw):
    detail = refused(gw, gw.query(PAYMENT, gw.consent(), bank="bank-b"), 403,
                     "recipient_mismatch")
    assert detail["bank"] == BANK_B


def test_another_dataset(gw):
    refused(gw, gw.query(INVOICE, gw.consent()), 403, "scope_denied")


def test_another_subject(gw):
    detail = refused(gw, gw.query(OTHER, gw.consent()), 403, "subject_mismatch")
    assert detail["subject"] == "uscc:91999999MA0000A00C"


def test_another_purpose(gw):
    refused(gw, gw.query(PAYMENT, gw.consent(), purpose="post_loan"), 403, "purpose_denied")


def test_an_action_too_many(gw):
    refused(gw, gw.query(PAYMENT, gw.consent(), actions="query, process"), 403, "action_denied")


def test_details_that_only_records_open(gw):
    token = gw.consent(authorization_details=scope(datatypes=["tax/invoice"]))
    refused(gw, gw.query(INVOICE, token), 403, "scope_denied")
    token = gw.consent(authorization_details=scope(datatypes=["tax/invoice"], detail="records"))
    assert gw.query(INVOICE, token).status == 200


def test_another_gateways_consent(gw):
    token = gw.consent(aud="https://elsewhere.example")
    refused(gw, gw.query(PAYMENT, token), 403, "audience_mismatch")


def test_a_consent_bound_to_another_certificate(gw):
    token = gw.consent(cnf={"x5t#S256": b64url(b"x" * 32)})
    refused(gw, gw.query(PAYMENT, token), 403, "binding_mismatch")


def test_a_consent_that_is_over(gw):
    now = int(time.time())
    token = gw.consent(iat=now - 500, nbf=now - 500, exp=now - 1)
    refused(gw, gw.query(PAYMENT, token), 403, "consent_expired")


def test_a_consent_that_has_not_begun(gw):
    token = gw.consent(nbf=int(time.time()) + 3600)
    refused(gw, gw.query(PAYMENT, token), 403, "consent_not_yet_valid")


def test_a_grantor_that_is_not_on_file(gw):
    refused(gw, gw.query(PAYMENT, gw.sign({**gw.claims, "iss": "uscc:91999999MA0000A00C"})), 403,
            "grantor_unknown")


def test_a_signature_that_does_not_hold(gw):
    token = gw.consent()
    head, payload, signature = token.split(".")
    broken = ("A" if signature[0] != "A" else "B") + signature[1:]
    refused(gw, gw.query(PAYMENT, f"{head}.{payload}.{broken}"), 403, "consent_signature_invalid")


@pytest.mark.parametrize("token", ["x", "a.b.c", "eyJ.eyJ.", "....", "e30.e30.e30"])
def test_a_token_that_is_none(gw, token):
    refused(gw, gw.query(PAYMENT, token), 400, "consent_malformed")


def test_a_claim_that_is_not_in_the_profile(gw):
    refused(gw, gw.query(PAYMENT, gw.consent(admin=True)), 400, "consent_malformed")
    answer = gw.query(PAYMENT, gw.consent(data_life_days="90"))
    refused(gw, answer, 400, "consent_malformed")
    assert json.loads(answer.body)["attribute"] == "data_life_days"


def test_an_id_that_is_unknown_and_one_of_another_bank_answer_alike(gw):
    token = gw.consent()
    name = gw.register(token)
    unknown = gw.query(PAYMENT, f"uscc:{ENTERPRISE};{b64url(b'x' * 24)}", bank="bank-b")
    foreign = gw.query(PAYMENT, name, bank="bank-b")
    refused(gw, unknown, 403, "consent_missing")
    refused(gw, foreign, 403, "consent_missing")
    shape = [(a.status, json.loads(a.body)["title"], json.loads(a.body).get("attribute"))
             for a in (unknown, foreign)]
    assert shape[0] == shape[1]


def test_uses_run_out(gw):
    token = gw.consent(fetch={"max_total": 2})
    assert gw.query(PAYMENT, token).status == 200
    assert gw.query(PAYMENT, token).status == 200
    refused(gw, gw.query(PAYMENT, token), 429, "use_limit")


def test_an_access_that_charges_nothing_uses_nothing(gw):
    token = gw.consent(fetch={"max_total": 1})
    refused(gw, gw.query(PAYMENT, token, purpose="in_loan"), 403, "purpose_denied")
    assert gw.query(PAYMENT, token).status == 200


def test_the_same_id_for_another_payload(gw):
    jti = b64url(b"j" * 24)
    assert gw.query(PAYMENT, gw.consent(jti=jti)).status == 200
    refused(gw, gw.query(PAYMENT, gw.consent(jti=jti)), 409, "jti_conflict")


def test_a_dataset_that_is_not_agreed(gw):
    path = gw.folder / f"agreements/{BANK_A}.tax.json"
    before = path.read_text()
    agreement = json.loads(before)
    agreement["datasets"].remove("rating")
    path.write_text(json.dumps(agreement))
    gw.reload()
    try:
        refused(gw, gw.query(f"/tax/rating/{ENTERPRISE}.json", gw.consent()), 403,
                "agreement_denied")
        assert gw.query(PAYMENT, gw.consent()).status == 200
    finally:
        path.write_text(before)
        gw.reload()


def test_no_data_about_the_subject(gw):
    answer = gw.query("/tax/rating/91999999MA0000D34W.json", purpose=None, actions=None)
    assert answer.status == 404 and problem(answer) == "no_data", answer
    assert gw.record(log_index(answer))["record"]["kind"] == "access"
    outcome = gw.record(int(answer.headers["access-outcome"]))
    assert outcome["detail"]["fault"] == "no_data" and outcome["detail"]["bytes"] == 0


@pytest.mark.parametrize("path", ["/tax/secrets/x.json", "/power/usage/x.json", "/tax",
                                  "/tax/healthz", "/reports/x", "/openapi.json"])
def test_a_route_that_is_unknown(gw, path):
    refused(gw, gw.query(path), 404, "route_unknown")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "get"])
def test_a_method_that_is_not_served(gw, method):
    with gw.bank() as bank:
        answer = bank.ask(method, PAYMENT)
    assert answer.status == 405, answer
    if method != "HEAD":
        refused(gw, answer, 405, "method_denied")


@pytest.mark.parametrize("fields", [
    [("consent-purpose", "marketing")],
    [("consent-purpose", "pre_loan"), ("consent-purpose", "pre_loan")],
    [("consent-actions", "query,")],
    [("consent-id", "uscc:x")],
    [("consent-loan", "loan 7")],
    [("consent", "a.b.c")] * 9,
])
def test_fields_that_are_not_well_formed(gw, fields):
    with gw.bank() as bank:
        answer = bank.ask("GET", PAYMENT, fields)
    refused(gw, answer, 400, "request_malformed")
    assert json.loads(answer.body)["attribute"].startswith("consent")


def test_an_access_says_its_purpose_and_actions(gw):
    refused(gw, gw.query(PAYMENT, gw.consent(), purpose=None), 400, "request_malformed")
    refused(gw, gw.query(PAYMENT, gw.consent(), actions=None), 400, "request_malformed")


def test_another_authority(gw):
    with gw.bank() as bank:
        answer = bank.ask("GET", PAYMENT, access(gw.consent()), authority="elsewhere.example")
    refused(gw, answer, 421, "misdirected")


def test_a_body_where_none_belongs(gw):
    with gw.bank() as bank:
        answer = bank.ask("GET", PAYMENT, access(gw.consent()), b"{}")
    refused(gw, answer, 400, "request_malformed")


def test_a_token_above_8_kib(gw):
    with gw.bank() as bank:
        answer = bank.ask("GET", PAYMENT, [("consent", "a" * 8193)])
    refused(gw, answer, 431, "headers_too_large")


def test_a_client_that_is_unknown(gw, openssl, tmp_path):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=nobody", "-days", "1", "-keyout", tmp_path / "k", "-out", tmp_path / "c")
    from h2peer import Bank
    noise = gw.metric("noise_total")
    with Bank(gw.port, gw.folder / "ca/ca.pem", tmp_path / "c", tmp_path / "k") as stranger:
        answer = stranger.ask("GET", PAYMENT)
        assert answer.status == 401 and problem(answer) == "client_cert_unknown"
        assert "access-log" not in answer.headers, "nobody can fill the log"
        for _ in range(50):
            if stranger.goaway is not None or not stranger.pump(2):
                break
    assert stranger.goaway == 0
    assert gw.metric("noise_total") == noise + 1


def test_no_client_certificate_at_all(gw):
    import ssl
    from h2peer import Bank
    with pytest.raises((ssl.SSLError, OSError)):
        with Bank(gw.port, gw.folder / "ca/ca.pem") as stranger:
            if stranger.ask("GET", PAYMENT).status is None:
                raise OSError("closed")


def test_a_disabled_bank_is_unknown_on_open_connections_too(gw):
    path = gw.folder / f"banks/{BANK_B}.json"
    before = path.read_text()
    with gw.bank("bank-b") as bank:
        assert bank.ask("GET", PAYMENT).status == 403
        path.write_text(json.dumps({**json.loads(before), "disabled_at": int(time.time()) - 1}))
        gw.reload()
        try:
            answer = bank.ask("GET", PAYMENT)
            assert answer.status == 401 and problem(answer) == "client_cert_unknown"
        finally:
            path.write_text(before)
            gw.reload()
    assert gw.query(PAYMENT, bank="bank-b").status == 403


def test_a_key_that_was_disabled(gw):
    token = gw.consent()
    assert gw.query(PAYMENT, token).status == 200
    path = gw.folder / f"grantors/uscc_{ENTERPRISE}.jwks"
    before = path.read_text()
    jwks = json.loads(before)
    jwks["keys"][0]["disabled_at"] = int(time.time()) + 1
    path.write_text(json.dumps(jwks))
    gw.reload()
    time.sleep(1.5)
    try:
        refused(gw, gw.query(PAYMENT, token), 403, "consent_revoked")
        refused(gw, gw.query(PAYMENT, gw.consent()), 403, "consent_signature_invalid")
    finally:
        path.write_text(before)
        gw.reload()


def test_a_revoked_consent(gw):
    token = gw.consent()
    assert gw.query(PAYMENT, token).status == 200
    answer = gw.post("/revocations", gw.revocation(token), bank="bank-b")
    assert answer.status == 200 and json.loads(answer.body)["state"] == "revoked", answer
    refused(gw, gw.query(PAYMENT, token), 403, "consent_revoked")
    assert name_of(token)
