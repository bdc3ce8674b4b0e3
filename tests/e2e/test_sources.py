"""What a source can do wrong, what the bank is told then, and what is on record."""

import json
import time

import h2.errors
import pytest

from support.deployment import A, PAYMENT, consent_fields, told_end, wait_for

JSON = (("content-type", "application/json"),)
ITEM = {"item": "VAT", "kind": "normal", "period_from": "2024-01-01", "period_to": "2024-01-31",
        "paid_amount": 12.50}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A deployment with short times and a tax department that each test answers for."""
    from support.deployment import Deployment
    limits = {"source_first_byte_timeout_ms": 600, "source_connect_timeout_ms": 500}
    with Deployment(tmp_path_factory.mktemp("shop"), limits=limits) as deployment:
        deployment.tax = deployment.fake("tax")
        deployment.start()
        yield deployment


def document(n_items):
    """JSON text of a payment document with so many rows."""
    rows = ",".join([json.dumps(ITEM)] * n_items)
    return ('{"uscc":"%s","items":[%s]}' % (A, rows)).encode()


def failed(gateway, answer, status, code):
    """A clean problem, and all on record: the access, and its outcome that tells why."""
    assert (answer.status, answer.code) == (status, code), answer
    assert answer.problem["access_log"] == answer.fields["access-log"]
    access = gateway.record(answer.index)
    outcome = told_end(gateway.record(int(answer.fields["access-outcome"])))
    assert access["record"]["kind"] == "access"
    assert access["detail"]["access_id"] == outcome["access_id"] == answer.fields["access-id"]
    assert outcome["bytes"] == 0
    assert outcome["fault"] == code
    assert outcome["status"] == status


def cut(gateway, answer, code):
    """A reset, never an end in order; the outcome tells the reason and the bytes."""
    assert answer.status == 200
    assert not answer.complete and answer.reset is not None and not answer.trailers
    outcome = wait_for(lambda: gateway.outcome_of(answer.fields["access-id"]), what="the outcome")
    assert outcome["fault"] == code
    assert outcome["bytes"] >= answer.n_bytes
    assert "body_sha256" not in outcome
    return outcome


# --- faults before anything has left ---

@pytest.mark.parametrize("status, expected, code", [
    (404, 404, "no_data"), (403, 502, "source_refused"), (401, 502, "source_refused"),
    (500, 502, "source_refused"), (204, 502, "source_refused"), (503, 503, "source_unavailable"),
    (429, 503, "source_unavailable"), (504, 504, "source_timeout"), (206, 502, "source_refused"),
])
def test_a_status_that_is_no_answer(shop, status, expected, code):
    shop.tax.answer = lambda request, out: out.respond(status, end=True)
    failed(shop, shop.ask(PAYMENT, consent=shop.token()), expected, code)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(shop, status):
    shop.tax.requests.clear()
    shop.tax.answer = lambda request, out: out.respond(
        status, [("location", f"https://localhost:{shop.port + 3}/elsewhere")], end=True)
    failed(shop, shop.ask(PAYMENT, consent=shop.token()), 502, "source_refused")
    assert [request.path for request in shop.tax.requests] == [f"/payment/{A}.json"]


@pytest.mark.parametrize("fields", [
    (), (("content-type", "text/html"),), (("content-type", "application/jsonp"),),
    (("content-type", "application/json"), ("content-type", "text/html")),
    (("content-type", "application/json"), ("content-encoding", "br")),
], ids=str)
def test_an_answer_that_is_not_declared_as_json(shop, fields):
    shop.tax.answer = lambda request, out: out.document({"uscc": A}, fields=fields)
    failed(shop, shop.ask(PAYMENT, consent=shop.token()), 502, "source_malformed")


@pytest.mark.parametrize("declared", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_has_more_than_one_spelling(shop, declared):
    shop.tax.answer = lambda request, out: out.document({"uscc": A}, fields=[("content-type", declared)])
    assert shop.ask(PAYMENT, consent=shop.token()).status == 200


@pytest.mark.parametrize("text", [
    b"", b"{", b'{"uscc":"%s"' % A.encode(), b'{"uscc":"%s"}}' % A.encode(), b"not json",
    b'{"uscc":"%s","uscc":"%s"}' % (A.encode(), A.encode()), b'{"uscc":"\xff"}', b"\xef\xbb\xbf{}",
    b'{"uscc":"\\ud800"}', b"{'uscc':1}", b'{"total_paid":01}', b'{"total_paid":NaN}', b"[" * 200,
], ids=repr)
def test_an_answer_that_is_no_strict_json(shop, text):
    shop.tax.answer = lambda request, out: out.document(text)
    failed(shop, shop.ask(PAYMENT, consent=shop.token()), 502, "source_malformed")


def test_a_reset_before_the_answer(shop):
    shop.tax.answer = lambda request, out: out.reset()
    answer = shop.ask(PAYMENT, consent=shop.token())
    assert answer.status in (502, 503)
    failed(shop, answer, answer.status, answer.code)


def test_a_reset_early_in_the_body(shop):
    def answer(request, out):
        out.respond()
        out.data(document(2)[:60])
        out.reset()
    shop.tax.answer = answer
    answer = shop.ask(PAYMENT, consent=shop.token())
    assert answer.status in (502, 503)
    failed(shop, answer, answer.status, answer.code)


def test_a_connection_that_breaks_early_in_the_body(shop):
    def answer(request, out):
        out.respond()
        out.data(document(2)[:60])
        out.hang_up()
    shop.tax.answer = answer
    answer = shop.ask(PAYMENT, consent=shop.token())
    assert answer.status in (502, 503)
    failed(shop, answer, answer.status, answer.code)


@pytest.mark.smoke
def test_a_source_that_never_answers(shop):
    shop.tax.answer = lambda request, out: None
    started = time.monotonic()
    failed(shop, shop.ask(PAYMENT, consent=shop.token()), 504, "source_timeout")
    assert 0.5 <= time.monotonic() - started < 5


def test_a_source_that_cannot_be_reached(deploy):
    gateway = deploy(limits={"source_connect_timeout_ms": 500})
    gateway.start()
    failed(gateway, gateway.ask(PAYMENT, consent=gateway.token()), 503, "source_unavailable")


def test_a_source_with_another_name_in_its_certificate(deploy):
    gateway = deploy(limits={"source_connect_timeout_ms": 2000})
    gateway.configure(lambda config: config["sources"]["tax"].update(ca="demo/bank-a/bank.pem"))
    gateway.serve("tax")
    gateway.start()
    failed(gateway, gateway.ask(PAYMENT, consent=gateway.token()), 503, "source_unavailable")


def test_a_source_that_comes_back_serves_again(deploy):
    gateway = deploy(limits={"source_connect_timeout_ms": 500})
    department = gateway.serve("tax")
    gateway.start()
    assert gateway.ask(PAYMENT, consent=gateway.token()).status == 200
    department.kill()
    department.wait()
    assert gateway.ask(PAYMENT, consent=gateway.token()).status == 503
    gateway.serve("tax")
    wait_for(lambda: gateway.ask(PAYMENT, consent=gateway.token()).status == 200, what="the source again")


def test_a_fault_of_the_source_gives_the_use_back(shop):
    token = shop.token(max_total=1)
    shop.tax.answer = lambda request, out: out.respond(500, end=True)
    assert shop.ask(PAYMENT, consent=token).status == 502
    shop.tax.answer = lambda request, out: out.document({"uscc": A})
    assert shop.ask(PAYMENT, consent=token).status == 200
    assert shop.ask(PAYMENT, consent=token).code == "use_limit"


def test_an_answer_that_is_larger_than_allowed(deploy):
    gateway = deploy(limits={"max_body_bytes": 4096})
    gateway.tax = gateway.fake("tax")
    gateway.start()
    gateway.tax.answer = lambda request, out: out.document(document(100))
    failed(gateway, gateway.ask(PAYMENT, consent=gateway.token()), 502, "source_malformed")


# --- faults after bytes have left ---

def stall_then(act):
    """A source that sends 64 KiB, waits until they have left, and then acts."""
    def answer(request, out):
        out.respond()
        out.data(document(1000)[:64 << 10])
        time.sleep(0.4)
        act(out)
    return answer


@pytest.mark.smoke
def test_a_reset_after_data_has_left(shop):
    shop.tax.answer = stall_then(lambda out: out.reset())
    with shop.client() as client:
        answer = client.ask(PAYMENT, consent_fields(shop.token()))
    assert answer.n_bytes > 0
    assert cut(shop, answer, "source_unavailable")["bytes"] > 0


@pytest.mark.smoke
def test_malformed_after_data_has_left(shop):
    shop.tax.answer = stall_then(lambda out: (out.data(b"}}}}"), out.end()))
    with shop.client() as client:
        answer = client.ask(PAYMENT, consent_fields(shop.token()))
    assert answer.n_bytes > 0
    cut(shop, answer, "source_malformed")


def test_an_end_too_early_after_data_has_left(shop):
    shop.tax.answer = stall_then(lambda out: out.end())
    with shop.client() as client:
        answer = client.ask(PAYMENT, consent_fields(shop.token()))
    cut(shop, answer, "source_malformed")


def test_malformed_after_ten_megabytes(shop):
    whole = document(110000)
    assert len(whole) > 10 << 20

    def answer(request, out):
        out.respond()
        out.data(whole[:10 << 20])
        out.data(b'{"item":tru}')
        out.end()
    shop.tax.answer = answer
    with shop.client(keep_bodies=False, initial_window=1 << 20) as client:
        answer = client.ask(PAYMENT, consent_fields(shop.token()))
    assert answer.n_bytes > 8 << 20
    outcome = cut(shop, answer, "source_malformed")
    assert outcome["bytes"] > 8 << 20


def test_an_access_that_was_cut_stays_used(shop):
    token = shop.token(max_total=1)
    shop.tax.answer = stall_then(lambda out: out.reset())
    with shop.client() as client:
        assert client.ask(PAYMENT, consent_fields(token)).reset is not None
    assert shop.ask(PAYMENT, consent=token).code == "use_limit"


def test_a_slow_source_is_relayed_as_it_speaks(shop):
    """The first bytes do not wait for the last ones."""
    def answer(request, out):
        whole = document(3)
        out.respond()
        out.data(whole[:120])
        time.sleep(1.2)
        out.data(whole[120:])
        out.end()
    shop.tax.answer = answer
    with shop.client() as client:
        answer = client.ask(PAYMENT, consent_fields(shop.token()))
    assert answer.complete and answer.status == 200
    assert answer.ended_at - answer.asked_at > 1.1
    assert answer.headers_at - answer.asked_at < 0.9


# --- the bank leaves ---

def test_a_bank_that_resets_ends_the_call_to_the_source(shop):
    def answer(request, out):
        out.respond()
        out.data(document(1000)[:64 << 10])
        time.sleep(3)
    shop.tax.answer = answer
    shop.tax.resets.clear()
    with shop.client() as client:
        stream = client.request(PAYMENT, consent_fields(shop.token()))
        client.until(lambda: client.answers[stream].n_bytes > 0)
        client.cancel(stream)
        access_id = client.answers[stream].fields["access-id"]
        wait_for(lambda: shop.tax.resets, timeout=1, what="the reset at the source")
    outcome = wait_for(lambda: shop.outcome_of(access_id), what="the outcome")
    assert outcome["fault"] == "client_gone" and outcome["bytes"] > 0


@pytest.mark.smoke
def test_a_bank_that_hangs_up_leaves_an_outcome(shop):
    def answer(request, out):
        out.respond()
        out.data(document(1000)[:64 << 10])
        time.sleep(3)
    shop.tax.answer = answer
    client = shop.client()
    stream = client.request(PAYMENT, consent_fields(shop.token()))
    client.until(lambda: client.answers[stream].n_bytes > 0)
    client.close()
    access_id = client.answers[stream].fields["access-id"]
    assert wait_for(lambda: shop.outcome_of(access_id), what="the outcome")["fault"] == "client_gone"


@pytest.mark.smoke
def test_other_streams_go_on_when_one_is_cut(shop):
    def answer(request, out):
        if not shop.bad_one:
            shop.bad_one = request
            out.respond()
            out.data(document(1000)[:64 << 10])
            time.sleep(0.45)
            out.reset(h2.errors.ErrorCodes.INTERNAL_ERROR)
        else:
            time.sleep(0.3)
            out.document({"uscc": A})
    shop.bad_one = None
    shop.tax.answer = answer
    token = shop.token()
    with shop.client(timeout=5) as client:
        first = client.request(PAYMENT, consent_fields(token))
        wait_for(lambda: shop.bad_one, what="the first call")
        others = [client.request(PAYMENT, consent_fields(token)) for _ in range(5)]
        answers = client.finish(first, *others)
    assert answers[0].reset is not None
    assert [answer.status for answer in answers[1:]] == [200] * 5
    assert all(answer.complete for answer in answers[1:])
