"""A consent for one enterprise never opens another's data, however the path is written."""

import pytest

from support.deployment import A, B, PAYMENT

B_DOCUMENT = {"uscc": B, "taxpayer_name": "B's name", "total_paid": 4711,
              "items": [{"item": "VAT", "kind": "normal", "period_from": "2024-01-01",
                         "period_to": "2024-01-31", "paid_amount": 31337}]}

TRICKS = [
    f"/tax/payment/{A}.json?uscc={B}",
    f"/tax/payment/{A}.json?uscc={A}&uscc={B}",
    f"/tax/payment/{A}.json?from=2024-01-01&from=2025-01-01",
    f"/tax/payment/{A}.json?from=2024-01-01&FROM=2025-01-01",
    f"/tax/payment/{A}.json?from=",
    f"/tax/payment/{A}.json?from=2024-13-01",
    f"/tax/payment/{A}.json?unheard_of=1",
    f"/tax/payment/{A}.json?%66rom=2024-01-01&from=2025-01-01",
    f"/tax/payment/{A}.json?",
    f"/tax/payment/{A}.json;{B}.json",
    f"/tax/payment/{A}.json%00{B}.json",
    f"/tax/payment/{A}.json%0d%0a",
    f"/tax/payment/{A}%2ejson",
    f"/tax/payment/{A}.json/../{B}.json",
    f"/tax/payment/{B}.json/../{A}.json",
    f"/tax/payment/%2e%2e/payment/{B}.json",
    f"/tax/payment/../payment/{B}.json",
    f"/tax/./payment/{B}.json",
    f"/tax/payment/./{B}.json",
    f"/tax//payment/{B}.json",
    f"//tax/payment/{B}.json",
    f"/tax/payment//{B}.json",
    f"/tax/payment%2f{B}.json",
    f"/tax/payment%5c{B}.json",
    f"/tax/payment\\{B}.json",
    f"/tax/payment/{A}.json%252f{B}.json",
    f"/tax/payment/{A},{B}.json",
    f"/tax/payment/{A}{B}.json",
    f"/tax/payment/{A.lower()}.json",
    f"/tax/payment/{A} .json".replace(" ", "%20"),
    f"/tax/payment/%EF%BC%99{A[1:]}.json",  # a full-width digit
    f"/tax/payment/%ff{A}.json",
    f"/tax/payment/%c0%ae{A}.json",  # an overlong dot
    f"/tax/payment/{A}.json%",
    f"/tax/payment/{A}.json%2",
    f"/tax/payment/{A}.json%zz",
    f"/tax/payment/{A}.json#{B}",
    "/tax/payment/.json",
    "/tax/payment/%2e.json",
    f"/tax/payment/{A[:-1]}X.json",  # a wrong check character
    "/tax/payment/11010519491231002X.json",  # a resident ID as subject
    f"/tax/payment/{A}.json?from=11010519491231002X",
]


@pytest.fixture(scope="module")
def deputy(tmp_path_factory):
    """A tax department that would answer anything with B's document, and a consent of A."""
    from support.deployment import Deployment
    with Deployment(tmp_path_factory.mktemp("deputy")) as deployment:
        deployment.tax = deployment.fake("tax")
        deployment.start()
        yield deployment


@pytest.mark.parametrize("path", TRICKS)
def test_a_trick_is_refused_and_never_reaches_the_source(deputy, path):
    deputy.tax.requests.clear()
    deputy.tax.answer = lambda request, out: out.document(B_DOCUMENT)
    with deputy.client() as client:
        answer = client.ask(path, [("consent", deputy.token()), ("consent-purpose", "pre_loan"),
                                   ("consent-actions", "query")])
    assert answer.status in (400, 404), (path, answer)
    if "?" in path or "%" in path or "//" in path or "/./" in path or "/../" in path:
        assert answer.status == 400, (path, bytes(answer.body))
    assert deputy.tax.requests == []


def test_a_resident_id_in_a_path_is_nowhere_in_the_log(deputy):
    answer = deputy.ask("/tax/payment/11010519491231002X.json", consent=deputy.token())
    assert answer.status == 400
    assert "11010519491231002" not in str(deputy.record(answer.index))
    assert "11010519491231002" not in deputy.stderr


@pytest.mark.parametrize("path", [
    "/tax/payment/%39" + A[1:] + ".json",
    "/%74ax/payment/" + A + ".json",
    "/tax/p%61yment/" + A + ".json",
])
def test_encoded_letters_and_digits_mean_the_same_and_are_rebuilt(deputy, path):
    deputy.tax.requests.clear()
    deputy.tax.answer = lambda request, out: out.document({"uscc": A})
    answer = deputy.ask(path, consent=deputy.token())
    if answer.status == 400:
        assert deputy.tax.requests == []
    else:
        assert answer.status == 200
        assert deputy.tax.requests[0].path == f"/payment/{A}.json"


def test_a_source_that_answers_with_anothers_document_is_not_believed(deputy):
    deputy.tax.answer = lambda request, out: out.document(B_DOCUMENT)
    answer = deputy.ask(PAYMENT, consent=deputy.token())
    assert (answer.status, answer.code) == (502, "source_malformed"), answer
    assert B.encode() not in answer.body and b"31337" not in answer.body



def test_a_body_on_a_query_without_one_is_refused(deputy):
    deputy.tax.requests.clear()
    fields = [("consent", deputy.token()), ("consent-purpose", "pre_loan"),
              ("consent-actions", "query"), ("content-type", "application/json")]
    with deputy.client() as client:
        answer = client.ask(PAYMENT, fields, body=b'{"uscc":"%s"}' % B.encode())
    assert answer.status == 400
    assert deputy.tax.requests == []


@pytest.mark.parametrize("authority", ["other.example.test", "localhost", "localhost:1",
                                       "user@localhost", "localhost@evil.example.test", ""])
def test_a_foreign_authority(deputy, authority):
    deputy.tax.requests.clear()
    with deputy.client() as client:
        stream = client.request(PAYMENT, [("consent", deputy.token()), ("consent-purpose", "pre_loan"),
                                          ("consent-actions", "query")], authority=authority or " ")
        answer = client.finish(stream)[0]
    assert answer.reset is not None or answer.status in (400, 421), answer
    if authority in ("other.example.test", "localhost:1"):
        assert (answer.status, answer.code) == (421, "misdirected")
    assert deputy.tax.requests == []


@pytest.mark.smoke
def test_a_foreign_authority_where_there_is_no_public_listener(deploy):
    gateway = deploy()
    gateway.serve("tax")
    gateway.configure(lambda config: config["listen"].pop("public"))
    gateway.start()
    with gateway.client() as client:
        for _ in range(2):
            stream = client.request(PAYMENT, authority="other.example.test")
            answer = client.finish(stream)[0]
            assert (answer.status, answer.code) == (421, "misdirected")
    assert gateway.ask(PAYMENT, consent=gateway.token()).status == 200


def test_a_host_field_that_differs_from_the_authority(deputy):
    with deputy.client() as client:
        answer = client.ask(PAYMENT, [("host", "other.example.test"), ("consent", deputy.token()),
                                      ("consent-purpose", "pre_loan"), ("consent-actions", "query")])
    assert answer.status in (400, 421)
