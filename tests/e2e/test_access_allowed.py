"""A query that is allowed: what the bank gets, and what stands behind it in the log.

Covers: gateway/exchange.c gateway/exchange_answer.c gateway/exchange_record.c
"""
import json
import subprocess

from gateway import BANK_A, ENTERPRISE, PAYMENT, access, digest_of, log_index, name_of


def test_a_consent_by_value_opens_the_dataset(gw):
    token = gw.consent()
    answer = gw.query(PAYMENT, token)
    assert answer.status == 200 and answer.whole, answer
    body = json.loads(answer.body)
    assert body["uscc"] == ENTERPRISE and body["items"]
    assert answer.headers["content-type"] == "application/json"
    assert len(answer.headers["access-id"]) == 22 and len(answer.headers["access-policy"]) == 43
    assert answer.headers["access-delete-by"] > "2025"
    assert answer.trailers["content-digest"] == digest_of(answer.body)


def test_what_no_scope_covers_stays_behind(gw):
    """Unknown members, personal data and rows outside of the range are not in the answer."""
    answer = gw.query(PAYMENT, gw.consent())
    for word in (b"risk_model", b"13800138000", b"11010519491231002X", b"2019-01"):
        assert word not in answer.body
    withheld = answer.trailers["access-withheld"].split(", ")
    assert "sensitive_personal" in withheld, "classes, never counts"
    outcome = gw.record(int(answer.trailers["access-outcome"]))["detail"]
    assert outcome["n_withheld"] > 0 and outcome["n_rows_withheld"] > 0


def test_a_registered_consent_is_named(gw):
    token = gw.consent()
    name = gw.register(token)
    by_name = gw.query(PAYMENT, name)
    by_value = gw.query(PAYMENT, token)
    assert by_name.status == 200 and by_name.body == by_value.body
    assert by_name.headers["access-policy"] == by_value.headers["access-policy"]


def test_both_records_are_in_the_log(gw):
    token = gw.consent()
    answer = gw.query(PAYMENT, token, actions="query, analyse")
    access_record = gw.record(log_index(answer))
    detail = access_record["detail"]
    assert access_record["record"]["kind"] == "access"
    assert access_record["record"]["decision"] == "allow"
    assert detail["access_id"] == answer.headers["access-id"]
    assert detail["bank"] == BANK_A and detail["enterprise"] == f"uscc:{ENTERPRISE}"
    assert detail["consents"] == detail["charged"] == [name_of(token).replace("%", "%25")]
    assert detail["purpose"] == "pre_loan" and sorted(detail["actions"]) == ["analyse", "query"]
    assert detail["datasets"] == ["tax/payment"]
    outcome = gw.record(int(answer.trailers["access-outcome"]))
    assert outcome["record"]["kind"] == "outcome"
    assert outcome["detail"]["access_id"] == answer.headers["access-id"]
    assert outcome["detail"]["bytes"] == len(answer.body) and outcome["detail"]["status"] == 200
    assert "fault" not in outcome["detail"]


def test_curl_is_a_client_like_any_other(gw):
    command = ["curl", "-sS", "--http2", "--cacert", gw.folder / "ca/ca.pem", "--cert",
               gw.demo("bank-a/bank.pem"), "--key", gw.demo("bank-a/bank.key"), "-D", "-",
               f"https://localhost:{gw.port}{PAYMENT}"]
    for name, value in access(gw.consent()):
        command += ["-H", f"{name}: {value}"]
    done = subprocess.run([str(word) for word in command], capture_output=True, timeout=20)
    assert done.returncode == 0, done.stderr
    assert b"HTTP/2 200" in done.stdout and b"access-log:" in done.stdout
    assert b"content-digest: sha-256=:" in done.stdout


def test_a_public_dataset_needs_no_consent(gw):
    answer = gw.query(f"/tax/rating/{ENTERPRISE}.json", purpose=None, actions=None)
    assert answer.status == 200 and answer.whole, answer
    assert "access-delete-by" not in answer.headers
    with_consent = gw.query(f"/tax/rating/{ENTERPRISE}.json", gw.consent())
    assert len(with_consent.body) > len(answer.body)


def test_another_source_serves_too(gw):
    answer = gw.query(f"/samr/registration/{ENTERPRISE}.json", gw.consent())
    assert answer.status == 200 and json.loads(answer.body)["uscc"] == ENTERPRISE, answer


def test_many_at_once_on_one_connection(gw):
    name = gw.register(gw.consent())
    with gw.bank() as bank:
        streams = [bank.send("GET", PAYMENT, access(name)) for _ in range(40)]
        answers = [bank.wait(stream) for stream in streams]
    assert {answer.status for answer in answers} == {200}
    assert len({answer.headers["access-id"] for answer in answers}) == 40
    assert len({log_index(answer) for answer in answers}) == 40
