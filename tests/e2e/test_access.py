"""One allowed query, end to end: what the bank gets, what the source gets, what is on record.

Covers: gateway/exchange.c gateway/exchange_answer.c gateway/exchange_record.c
Covers: gateway/exchange_source.c gateway/exchange_states.c gateway/answer.c gateway/listener.c
"""

import json
import re
import time

import pytest

from support import tokens
from support.deployment import A, PAYMENT, consent_fields, content_digest, told_end

IDENTITY = {"uscc": A}


@pytest.mark.smoke
def test_an_allowed_query_passes(gateway):
    answer = gateway.ask(PAYMENT, consent=gateway.token())
    assert (answer.exit, answer.status) == (0, 200)
    assert answer.json["uscc"] == A


def test_the_digest_in_the_trailers_is_of_the_body(gateway):
    answer = gateway.ask(PAYMENT, consent=gateway.token())
    assert answer.trailers["content-digest"] == content_digest(answer.body)


def test_the_fields_name_access_record_and_view(gateway):
    answer = gateway.ask(PAYMENT, consent=gateway.token())
    assert answer.fields["content-type"] == "application/json"
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", answer.fields["access-id"])
    assert re.fullmatch(re.escape(gateway.origin) + r" \d+", answer.fields["access-log"])
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", answer.fields["access-policy"])


def test_the_bank_is_told_when_to_delete(gateway):
    before = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 8 * 3600 + 7 * 86400))
    answer = gateway.ask(PAYMENT, consent=gateway.token(data_life_days=7))
    after = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 8 * 3600 + 7 * 86400))
    assert answer.fields["access-delete-by"] in (before, after)


def test_access_and_outcome_are_in_the_log_when_the_answer_is_complete(gateway):
    answer = gateway.ask(PAYMENT, consent=gateway.token())
    access = gateway.record(answer.index)
    outcome = told_end(gateway.record(int(answer.trailers["access-outcome"])))
    assert access["record"]["kind"] == "access" and access["record"]["decision"] == "allow"
    assert access["detail"]["access_id"] == answer.fields["access-id"]
    assert outcome["access_id"] == answer.fields["access-id"]
    assert outcome["bytes"] == len(answer.body) and outcome["status"] == 200


def test_both_records_of_a_quick_answer_commit_to_one_detail(gateway):
    """(A busy machine may make a slow one of it.)"""
    token = gateway.token()
    for answer in (gateway.ask(PAYMENT, consent=token) for _ in range(20)):
        access, outcome = gateway.record(answer.index), gateway.record(answer.index + 1)
        if access["record"]["commit"] == outcome["record"]["commit"]:
            break
    assert int(answer.trailers["access-outcome"]) == answer.index + 1
    assert access["record"]["commit"] == outcome["record"]["commit"]
    assert access["record"]["nonce"] != outcome["record"]["nonce"]
    assert access["record"]["bank"] != outcome["record"]["bank"]
    assert access["detail"] == outcome["detail"] and access["detail"]["enterprise"] == "uscc:" + A
    assert access["detail"]["bytes"] == len(answer.body) and "access" not in access["detail"]


def test_both_records_of_a_slow_answer_have_their_own(deploy):
    gateway = deploy()
    gateway.fake("tax").answer = lambda request, out: (
        time.sleep(0.2), out.document({"uscc": A, "items": []}))
    gateway.start()
    answer = gateway.ask(PAYMENT, consent=gateway.token())
    access, outcome = gateway.record(answer.index), gateway.record(int(answer.trailers["access-outcome"]))
    assert "status" not in access["detail"] and outcome["record"]["kind"] == "outcome"
    assert outcome["detail"]["access"] == answer.index and "enterprise" not in outcome["detail"]
    gateway.stop()
    code, words = gateway.verify(details=True)
    assert code == 0, words


def test_the_record_says_who_asked_whom_for_what_under_which_consent(gateway):
    token = gateway.token()
    detail = gateway.record(gateway.ask(PAYMENT, consent=token).index)["detail"]
    assert detail["bank"] == gateway.banks["a"].uscc
    assert detail["enterprise"] == "uscc:" + A
    assert detail["datasets"] == ["tax/payment"]
    assert detail["purpose"] == "pre_loan" and detail["actions"] == ["query"]
    assert detail["consents"] == [f"uscc:{A};{tokens.jti_of(token)}"] and "spared" not in detail


def test_no_record_holds_a_value_of_the_data(gateway):
    answer = gateway.ask(PAYMENT, consent=gateway.token())
    for index in (answer.index, int(answer.trailers["access-outcome"])):
        text = json.dumps(gateway.record(index), ensure_ascii=False)
        assert "福州虎符" not in text and "120344" not in text


def test_the_bank_learns_which_classes_are_withheld_but_not_how_much(gateway):
    answer = gateway.ask(PAYMENT, consent=gateway.token())
    classes = answer.trailers["access-withheld"].split(", ")
    assert set(classes) <= {"public", "trade_secret", "personal", "sensitive_personal"}
    assert "personal" in classes
    less = gateway.ask(PAYMENT + "?from=2025-01-01", consent=gateway.token())
    assert less.trailers["access-withheld"] == answer.trailers["access-withheld"]


def test_withheld_fields_and_rows_are_counted_in_the_outcome(gateway):
    answer = gateway.ask(PAYMENT, consent=gateway.token())
    outcome = gateway.record(int(answer.trailers["access-outcome"]))["detail"]
    assert outcome["n_withheld"] > 0
    assert outcome["n_rows_withheld"] >= 1  # the row of 2019 lies outside the consent's range


def test_rows_outside_the_range_do_not_pass(gateway):
    answer = gateway.ask(PAYMENT, consent=gateway.token())
    assert answer.json["items"]
    assert all(item["period_from"] >= "2023-01-01" for item in answer.json["items"])


def test_numbers_leave_as_the_source_wrote_them(gateway):
    answer = gateway.ask(PAYMENT, consent=gateway.token())
    assert b"120344.10" in answer.body


def test_the_same_consent_works_by_name_once_registered(gateway):
    token = gateway.token()
    assert gateway.register(token).status == 201
    answer = gateway.ask(PAYMENT, consent=f"uscc:{A};{tokens.jti_of(token)}")
    assert answer.status == 200
    assert answer.trailers["content-digest"] == content_digest(answer.body)


def test_token_and_name_release_the_same_bytes(gateway):
    token = gateway.token()
    gateway.register(token)
    by_name = gateway.ask(PAYMENT, consent=f"uscc:{A};{tokens.jti_of(token)}")
    assert by_name.body == gateway.ask(PAYMENT, consent=token).body


def test_a_consent_made_by_the_tool_works(gateway, tmp_path):
    enterprise = gateway.dir / "demo" / "enterprise"
    token = gateway.hufu("consent", "grant", "--key", enterprise / "enterprise.key",
                         "--claims", enterprise / "claims.json").stdout.strip()
    assert gateway.ask(PAYMENT, consent=token).status == 200


@pytest.mark.smoke
def test_hufu_query_gets_the_same_body_and_checks_the_digest(gateway, tmp_path):
    token = gateway.token()
    consent = tmp_path / "consent.jwt"
    consent.write_text(token)
    bank = gateway.banks["a"]
    run = gateway.hufu("query", gateway.url + PAYMENT, "--cert", bank.cert, "--key", bank.key,
                       "--ca", gateway.ca, "--consent", consent, "--purpose", "pre_loan",
                       "--actions", "query")
    assert run.stdout.encode() == gateway.ask(PAYMENT, consent=token).body


def test_the_other_department_answers_too(gateway):
    answer = gateway.ask(f"/samr/registration/{A}.json", consent=gateway.token())
    assert answer.status == 200 and answer.json["uscc"] == A


def test_public_data_needs_no_consent(gateway):
    answer = gateway.ask(f"/samr/registration/{A}.json", purpose=())
    assert answer.status == 200
    assert gateway.record(answer.index)["record"]["decision"] == "allow"


def test_public_data_without_consent_is_less_than_with_one(gateway):
    path = f"/tax/rating/{A}.json"
    with_consent = gateway.ask(path, consent=gateway.token())
    without = gateway.ask(path, purpose=())
    assert with_consent.status == without.status == 200
    assert len(without.body) < len(with_consent.body)


@pytest.mark.smoke
def test_many_streams_on_one_connection_are_all_answered(gateway):
    token = gateway.token(max_total=1000)
    with gateway.client() as client:
        streams = [client.request(PAYMENT, consent_fields(token)) for _ in range(50)]
        answers = client.finish(*streams)
    assert {answer.status for answer in answers} == {200}
    assert len({bytes(answer.body) for answer in answers}) == 1
    assert len({answer.fields["access-id"] for answer in answers}) == 50
    assert len({answer.index for answer in answers}) == 50


def test_headers_body_trailers_come_in_order_and_end_once(gateway):
    with gateway.client() as client:
        answer = client.ask(PAYMENT, consent_fields(gateway.token()))
    assert answer.complete and answer.reset is None
    assert answer.headers_at <= answer.first_byte_at <= answer.ended_at
    assert set(answer.trailers) == {"content-digest", "access-outcome", "access-withheld"}


# --- what the source sees ---

ALLOWED_TO_SOURCE = {":method", ":scheme", ":authority", ":path", "accept", "accept-encoding",
                     "access-id", "access-bank", "access-purpose", "traceparent"}


@pytest.mark.smoke
def test_nothing_of_the_request_but_what_was_rebuilt_reaches_the_source(faked):
    faked.tax.answer = lambda request, out: out.document(IDENTITY)
    secret = "s3cret-of-the-bank"
    answer = faked.ask(PAYMENT + "?to=2025-12-31&from=2024-01-01", consent=faked.token(),
                       fields=[("user-agent", secret), ("cookie", secret), ("authorization", secret),
                               ("x-forwarded-for", secret), ("referer", secret), ("access-id", secret),
                               ("traceparent", secret), ("accept-language", secret)])
    assert answer.status == 200
    (request,) = faked.tax.requests
    assert {name for name, _ in request.fields} <= ALLOWED_TO_SOURCE
    assert secret not in str(request.fields)
    assert request.method == "GET" and request.body == b""


def test_the_query_reaches_the_source_in_declared_order(faked):
    faked.tax.answer = lambda request, out: out.document(IDENTITY)
    faked.ask(PAYMENT + "?to=2025-12-31&from=2024-01-01", consent=faked.token())
    assert faked.tax.requests[0].path == f"/payment/{A}.json?from=2024-01-01&to=2025-12-31"


def test_source_bank_and_log_share_the_access_id(faked):
    faked.tax.answer = lambda request, out: out.document(IDENTITY)
    answer = faked.ask(PAYMENT, consent=faked.token())
    (request,) = faked.tax.requests
    assert request.field("access-id") == answer.fields["access-id"]
    assert request.field("access-bank") == faked.banks["a"].uscc
    assert request.field("access-purpose") == "pre_loan"
    assert faked.record(answer.index)["detail"]["access_id"] == answer.fields["access-id"]


def test_of_the_sources_fields_only_content_type_and_last_modified_pass(faked):
    when = "Wed, 01 Oct 2025 00:00:00 GMT"
    faked.tax.answer = lambda request, out: out.document(IDENTITY, fields=(
        ("content-type", "application/json"), ("last-modified", when), ("set-cookie", "a=b"),
        ("server", "secret-server"), ("etag", '"1"'), ("x-internal-host", "10.0.0.1")))
    answer = faked.ask(PAYMENT, consent=faked.token())
    assert answer.fields["last-modified"] == when
    assert not {"set-cookie", "server", "etag", "x-internal-host"} & set(answer.fields)


def test_a_last_modified_that_is_no_date_does_not_pass(faked):
    for value in (A, "yesterday", "Sat, 22 Nov 2025 10:00:00", "Sat, 22 Nov 2025 10:00:00 CST",
                  "Sat  22 Nov 2025 10:00:00 GMT", "Sat, 22 Nov 2025 10:00:0x GMT",
                  "Saturday, 22-Nov-25 10:00:00 GMT", "Abc, 22 Xyz 2025 10:00:00 GMT"):
        faked.tax.answer = lambda request, out: out.document(IDENTITY, fields=(
            ("content-type", "application/json"), ("last-modified", value)))
        answer = faked.ask(PAYMENT, consent=faked.token())
        assert answer.status == 200 and "last-modified" not in answer.fields, value


def test_a_refused_request_never_reaches_the_source(faked):
    faked.tax.answer = lambda request, out: out.document(IDENTITY)
    assert faked.ask(PAYMENT).status == 403
    assert faked.tax.requests == []


def test_withheld_data_is_nowhere_in_the_answer(faked):
    marker = "M4RK-" + "x" * 20
    document = {"uscc": A, "unheard_of": marker, "items": [
        {"item": "VAT", "kind": "normal", "period_from": "2024-01-01", "period_to": "2024-01-31",
         "paid_amount": 1, "declared_by": marker, "deeper": {"still": [marker]}},
        {"item": marker, "kind": "normal", "period_from": "2019-01-01", "period_to": "2019-01-31"}]}
    faked.tax.answer = lambda request, out: out.document(document)
    answer = faked.ask(PAYMENT, consent=faked.token())
    assert answer.status == 200 and len(answer.json["items"]) == 1
    assert marker.encode() not in answer.body
