"""Answers of lines (NDJSON): each line is a dated row of its own, redacted while it streams."""

import gzip
import json
import time

import pytest

from support.deployment import A, consent_fields, content_digest
from test_sources import cut, failed

SLIPS = f"/tax/slips/{A}.jsonl"
NDJSON = ("content-type", "application/x-ndjson")
CANARY = "CANARY-0451"
OPEN = {"class": "trade_secret", "level": 3}
LINE = {"type": "object", "properties": {
    "uscc": {"type": "string", "x-hufu": {"class": "public", "level": 1, "subject_echo": True}},
    "day": {"type": "string", "format": "date", "x-hufu": {**OPEN, "date": True}},
    "amount": {"type": "number", "x-hufu": OPEN},
    "note": {"type": "string", "x-hufu": {**OPEN, "text": True}},
    "account": {"type": "string", "x-hufu": {**OPEN, "identifier": "account_no"}},
    "officer": {"type": "string"}}}


def add_slips(catalog):
    payment = catalog["paths"]["/payment/{uscc}.json"]["get"]
    catalog["paths"]["/slips/{uscc}.jsonl"] = {"get": {
        "x-hufu": {"dataset": "payment", "subject": "uscc", "rows": ""},
        "parameters": payment["parameters"][:1],
        "responses": {"200": {"description": "-", "content": {"application/x-ndjson": {"schema": LINE}}}}}}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    from support.deployment import Deployment
    with Deployment(tmp_path_factory.mktemp("lines"), limits={"max_body_bytes": 16 << 20}) as deployment:
        deployment.edit("catalogs/tax.json", add_slips)
        deployment.tax = deployment.fake("tax")
        deployment.start()
        yield deployment


def slip(day="2024-02-14", **more):
    return {"uscc": A, "day": day, "amount": 12.5, "account": "6222020000000000000", "officer": CANARY, **more}


def lines_of(*slips, end=b"\n"):
    return b"".join(json.dumps(s, ensure_ascii=False).encode() + end for s in slips)


def ask(shop, body, fields=(NDJSON,)):
    shop.tax.answer = body if callable(body) else lambda request, out: out.document(body, fields=fields)
    answer = shop.ask(SLIPS, consent=shop.token())
    assert CANARY.encode() not in answer.body
    return answer


LEFT = b'{"uscc":"%s","day":"2024-02-14","amount":12.5,"account":"622202*********0000"}\n' % A.encode()


@pytest.mark.smoke
def test_each_line_is_redacted_and_dated(shop):
    body = lines_of(slip(), slip("2019-01-01"), slip(note="tel 13800138000"), slip(None))
    answer = ask(shop, body)
    assert answer.status == 200, answer
    assert answer.fields["content-type"] == "application/x-ndjson"
    assert answer.body == LEFT + LEFT[:-2] + b',"note":"tel ***********"}\n'
    assert answer.trailers["content-digest"] == content_digest(answer.body)
    assert shop.tax.requests[-1].field("accept") == "application/x-ndjson"
    detail = shop.record(int(answer.trailers["access-outcome"]))["detail"]
    assert detail["n_rows_withheld"] == 2


@pytest.mark.parametrize("body", [
    lines_of(slip(), slip()), lines_of(slip(), slip(), end=b"\r\n"), lines_of(slip(), slip())[:-1],
    b"\n\r\n \n" + lines_of(slip()) + b"\n\t\n" + lines_of(slip()) + b"\n\n",
], ids=["lf", "crlf", "no end", "empty lines"])
@pytest.mark.parametrize("n_chunk", [1, 2, 3, 7, 64, 1000, 16384])
def test_lines_have_one_meaning_however_they_come(shop, body, n_chunk):
    def answer(request, out):
        out.respond(fields=(NDJSON,))
        for at in range(0, len(body), n_chunk):
            out.data(body[at:at + n_chunk])
        out.end()
    assert ask(shop, answer).body == LEFT * 2


@pytest.mark.parametrize("body", [b"", b"\n", lines_of(slip("2019-01-01")), b"7\n\"x\"\n[]\n"], ids=repr)
def test_no_line_is_an_empty_answer(shop, body):
    answer = ask(shop, body)
    assert (answer.status, answer.body) == (200, b""), answer
    assert answer.trailers["content-digest"] == content_digest(b"")
    assert answer.fields["content-type"] == "application/x-ndjson"


def test_lines_may_come_in_gzip(shop):
    body = gzip.compress(lines_of(slip(), slip()))
    assert ask(shop, body, (NDJSON, ("content-encoding", "gzip"))).body == LEFT * 2


@pytest.mark.parametrize("name", ["application/ndjson", "application/jsonl", "Application/X-NDJSON; charset=utf-8"])
def test_lines_have_three_names(shop, name):
    answer = ask(shop, lines_of(slip()), [("content-type", name)])
    assert answer.body == LEFT and answer.fields["content-type"] == "application/x-ndjson"


@pytest.mark.parametrize("name", ["application/json", "application/json-seq", "text/plain",
                                  "application/x-ndjson; charset=gbk", "application/stream+json"])
def test_another_type_is_malformed(shop, name):
    failed(shop, ask(shop, lines_of(slip()), [("content-type", name)]), 502, "source_malformed")


@pytest.mark.smoke
@pytest.mark.parametrize("body", [
    b"\xef\xbb\xbf" + lines_of(slip()),
    lines_of(slip()) + b'{"uscc":',
    lines_of(slip())[:-1] + lines_of(slip()),
    lines_of(slip())[:-1] + b"," + lines_of(slip()),
    b"[" + lines_of(slip())[:-1] + b"\n]",
    json.dumps(slip(), indent=1).encode(),
    lines_of(slip()) + b"garbage\n" + lines_of(slip()),
    lines_of(slip()) + b"\x1e" + lines_of(slip()),
    lines_of(slip()).decode().encode("utf-16"),
    lines_of(slip(), slip(uscc="91999999MA0000A00C")),
    b'{"uscc":"%s","uscc":"%s"}\n' % (A.encode(), A.encode()),
    b'{"x":"' + b"y" * (2 << 20) + b'"}\n',
], ids=["bom", "truncated", "two on a line", "comma", "array", "pretty", "garbage", "record separator",
        "utf-16", "somebody else", "duplicate", "too long"])
def test_what_is_no_line_is_malformed(shop, body):
    failed(shop, ask(shop, body), 502, "source_malformed")


def test_a_malformed_line_after_data_has_left_is_cut(shop):
    def answer(request, out):
        out.respond(fields=(NDJSON,))
        out.data(lines_of(slip()) * 1000)
        time.sleep(0.4)
        out.data(b'{"uscc":"%s"} %s\n' % (A.encode(), CANARY.encode()))
        out.end()
    shop.tax.answer = answer
    with shop.client() as client:
        answer = client.ask(SLIPS, consent_fields(shop.token()))
    assert bytes(answer.body).startswith(LEFT) and CANARY.encode() not in answer.body
    cut(shop, answer, "source_malformed")


def test_lines_leave_as_they_come(shop):
    def answer(request, out):
        out.respond(fields=(NDJSON,))
        out.data(lines_of(slip()))
        time.sleep(1.2)
        out.data(lines_of(slip()))
        out.end()
    shop.tax.answer = answer
    with shop.client() as client:
        stream = client.request(SLIPS, consent_fields(shop.token()))
        answer = client.answers[stream]
        client.until(lambda: answer.n_bytes >= len(LEFT))
        assert not answer.complete and bytes(answer.body) == LEFT
        client.finish(stream)
    assert answer.complete and bytes(answer.body) == LEFT * 2


def test_many_lines_pass_with_bounded_memory(shop):
    body = lines_of(*(slip(amount=n) for n in range(50000)))
    ask(shop, body)
    before = shop.rss_bytes()
    for _ in range(3):
        answer = ask(shop, body)
        assert answer.body.count(b"\n") == 50000
    assert shop.rss_bytes() - before < 4 << 20


# --- the tool does the same ---

@pytest.fixture
def access(shop, tmp_path):
    """A copy of the catalog, and what the tool is to know of one access by it."""
    catalog, claims = tmp_path / "tax.json", tmp_path / "claims.json"
    catalog.write_bytes((shop.dir / "catalogs" / "tax.json").read_bytes())
    claims.write_text(json.dumps(shop.claims()))
    return {"catalog": str(catalog), "policy": str(shop.dir / "policy.json"), "bank": shop.banks["a"].uscc,
            "operation": "GET /slips/{uscc}.jsonl", "purpose": "pre_loan", "actions": ["query"],
            "consents": [str(claims)]}


@pytest.fixture
def case(shop, access, tmp_path):
    """case(body, **members) is how `policy test` fares with it; case.expected is what ought to leave."""
    folder = tmp_path / "cases"
    folder.mkdir()

    def test(body, *words, **members):
        (folder / "slips.case.json").write_text(json.dumps({**access, **members}))
        (folder / "slips.in.json").write_bytes(body)
        return shop.hufu("policy", "test", str(folder), *words, check=False)

    test.expected = folder / "slips.out.json"
    return test


BODY = lines_of(slip(), slip("2019-01-01"), slip(amount=7))


def test_the_tool_applies_tests_and_explains_lines(shop, access, case):
    words = [access["catalog"], "--policy", access["policy"], "--operation", access["operation"],
             "--bank", access["bank"], "--purpose", access["purpose"], "--actions", *access["actions"],
             "--consent-claims", *access["consents"]]
    applied = shop.hufu("policy", "apply", *words, stdin=BODY.decode()).stdout
    assert applied.encode() == ask(shop, BODY).body
    assert "[].amount" in shop.hufu("policy", "explain", *words).stdout

    assert "1 written" in case(BODY, "--update").stdout
    assert case.expected.read_text() == applied
    assert "1 passed" in case(BODY).stdout
    case.expected.write_text(applied.replace("12.5", "12.50"))
    assert "[0].amount: expected 12.50, got 12.5" in case(BODY).stdout


def test_the_tool_tests_what_leaves_before_a_malformed_line(case):
    body = lines_of(slip()) + b"garbage\n"
    case.expected.write_bytes(LEFT)
    assert "1 passed" in case(body, fault="value").stdout
    case.expected.write_bytes(LEFT * 2)
    assert "(prefix): expected" in case(body, fault="value").stdout
    assert "1 written" in case(body, "--update", fault="value").stdout
    assert case.expected.read_bytes() == LEFT
    assert "1 passed" in case(body, fault="value").stdout


def test_the_tool_tells_in_which_line_an_expectation_is_wrong(case):
    case.expected.write_bytes(LEFT + b"\n{\"uscc\":!}\n")
    told = case(BODY)
    assert told.returncode == 1 and f"{case.expected}:3:9: " in told.stderr
