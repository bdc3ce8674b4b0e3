"""Every way in which bytes of a source could reach a bank besides the fields that it may see.

    its fields            those of an answer, of interim answers, of trailers; a date alone passes
    its bodies            of errors, of redirects, of what is no answer: replaced
    its framing           lengths that are wrong, no body, answers behind answers
    its media type        other types, other charsets; UTF-16, GBK, a byte order mark
    its coding            gzip is undone once; other codings, and whatever is no whole honest gzip

Covers: gateway/exchange_body.c

`CANARY` stands in all of them, and must be in nothing that the bank gets.
"""

import gzip
import json
import random
import time
import zlib

import pytest

from support.deployment import A, PAYMENT, consent_fields
from test_sources import cut, failed

CANARY = "6222020000000000017"
JSON = ("content-type", "application/json")
GZIP = ("content-encoding", "gzip")
GOOD = json.dumps({"uscc": A, "name": "甲公司", "account_no": CANARY}, ensure_ascii=False).encode()
LAST_MODIFIED = "Wed, 01 Oct 2025 00:00:00 GMT"
OURS = {"content-type", "cache-control", "access-id", "access-log", "access-policy",
        "access-delete-by", "last-modified"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    from support.deployment import Deployment
    with Deployment(tmp_path_factory.mktemp("exits"), limits={"max_body_bytes": 4 << 20}) as deployment:
        deployment.tax = deployment.fake("tax")
        deployment.start()
        yield deployment


def ask(shop, answer):
    """What the bank gets when the department answers so; the canary is in none of it."""
    shop.tax.answer = answer
    with shop.client() as client:
        answer = client.ask(PAYMENT, consent_fields(shop.token()))
    seen = f"{answer.fields} {answer.trailers}".encode() + bytes(answer.body)
    assert CANARY.encode() not in seen
    return answer


def passes(shop, answer):
    got = ask(shop, answer)
    assert got.status == 200 and got.complete, bytes(got.body)
    assert json.loads(got.body)["uscc"] == A
    assert set(got.fields) - {":status"} <= OURS
    assert set(got.trailers) == {"content-digest", "access-outcome", "access-withheld"}
    return got


def refused(shop, answer, status=502, code="source_malformed"):
    got = ask(shop, answer)
    failed(shop, Told(got), status, code)
    return got


class Told:
    """An answer of the raw client as failed() wants it."""

    def __init__(self, answer):
        self.status, self.code, self.fields, self.index = (answer.status, answer.code, answer.fields,
                                                           answer.index)
        self.problem = json.loads(answer.body)


# --- fields ---

LEAKY = [(name, CANARY) for name in (
    "set-cookie", "server", "link", "etag", "location", "content-location", "content-digest", "digest",
    "signature", "via", "warning", "www-authenticate", "x-powered-by", "retry-after", "content-language",
    "content-disposition", "cache-control", "access-id", "access-log", "access-policy", "access-outcome",
    "access-withheld", "access-delete-by", "alt-svc", "refresh", "last-modified", "date", "expires")]


@pytest.mark.smoke
def test_no_field_of_the_source_passes(shop):
    passes(shop, lambda request, out: out.document(GOOD, fields=(JSON, *LEAKY)))


def test_one_date_passes_among_all(shop):
    got = passes(shop, lambda request, out: out.document(
        GOOD, fields=(JSON, ("last-modified", LAST_MODIFIED), *LEAKY[:-3])))
    assert got.fields["last-modified"] == LAST_MODIFIED


def test_trailers_of_the_source_do_not_pass(shop):
    def answer(request, out):
        out.respond()
        out.data(GOOD)
        out.trailers([("x-note", CANARY), ("content-digest", f"sha-256=:{CANARY}:"),
                      ("access-outcome", CANARY), ("access-withheld", CANARY)])
    passes(shop, answer)


@pytest.mark.parametrize("statuses", [(103,), (100,), (103, 102, 103, 103)], ids=str)
def test_interim_answers_do_not_pass(shop, statuses):
    def answer(request, out):
        for status in statuses:
            out.respond(status, [("link", CANARY), JSON])
        out.document(GOOD)
    passes(shop, answer)


def test_an_interim_answer_is_no_answer(shop):
    def answer(request, out):
        out.respond(103, [("link", CANARY)])
        out.respond(500, [("x-note", CANARY)], end=True)
    refused(shop, answer, code="source_refused")


def test_switching_protocols_is_malformed(shop):
    refused(shop, lambda request, out: out.respond(101, [("upgrade", "h2c")]))


# --- bodies of what is no answer ---

@pytest.mark.smoke
@pytest.mark.parametrize("status, expected, code", [
    (404, 404, "no_data"), (400, 502, "source_refused"), (401, 502, "source_refused"),
    (403, 502, "source_refused"), (500, 502, "source_refused"), (503, 503, "source_unavailable"),
    (302, 502, "source_refused"), (304, 502, "source_refused"), (201, 502, "source_refused"),
    (203, 502, "source_refused"), (206, 502, "source_refused"), (226, 502, "source_refused"),
    (299, 502, "source_refused"), (599, 502, "source_refused"),
])
def test_the_body_of_another_status_is_replaced(shop, status, expected, code):
    body = json.dumps({"uscc": A, "detail": CANARY, "code": CANARY, "title": CANARY}).encode()
    for fields in ([("content-type", "application/problem+json"), *LEAKY], [JSON, *LEAKY]):
        got = refused(shop, lambda request, out: out.document(body, status=status, fields=fields),
                      expected, code)
        assert got.fields["content-type"] == "application/problem+json"


@pytest.mark.parametrize("status", [204, 205, 304])
def test_an_answer_that_has_no_body_is_none(shop, status):
    refused(shop, lambda request, out: out.respond(status, LEAKY, end=True), code="source_refused")


# --- framing ---

@pytest.mark.parametrize("length", ["0", "5", str(len(GOOD) - 1), str(len(GOOD) + 1), "4294967296",
                                    "18446744073709551617", "-1", "+5", "5, 5", "x", ""])
def test_a_length_that_is_wrong_is_malformed(shop, length):
    refused(shop, lambda request, out: out.document(GOOD, fields=(JSON, ("content-length", length))))


def test_two_lengths_are_malformed(shop):
    n = str(len(GOOD))
    refused(shop, lambda request, out: out.document(
        GOOD, fields=(JSON, ("content-length", n), ("content-length", n))))


def test_the_right_length_passes_and_is_not_ours(shop):
    got = passes(shop, lambda request, out: out.document(
        GOOD, fields=(JSON, ("content-length", str(len(GOOD))))))
    assert "content-length" not in got.fields


def test_a_head_without_a_body_is_malformed(shop):
    refused(shop, lambda request, out: out.respond(200, [JSON], end=True))
    refused(shop, lambda request, out: out.respond(
        200, [JSON, ("content-length", str(len(GOOD)))], end=True))


def test_trailers_instead_of_a_body_are_malformed(shop):
    def answer(request, out):
        out.respond()
        out.trailers([("x-note", CANARY)])
    refused(shop, answer)


def test_a_second_answer_behind_the_first_is_malformed(shop):
    def answer(request, out):
        out.respond()
        out.data(GOOD)
        out.stray_head([(":status", "200"), JSON, ("x-note", CANARY)])  # neither trailers nor an end
        out.end()
    refused(shop, answer)


@pytest.mark.parametrize("field", [("connection", "close"), ("transfer-encoding", "chunked"),
                                   ("Upper", "x"), ("keep-alive", "1")], ids=str)
def test_a_field_that_http2_forbids_is_malformed(shop, field):
    refused(shop, lambda request, out: out.stray_head([(":status", "200"), JSON, field]))


# --- media type and charset ---

@pytest.mark.parametrize("declared", [
    "application/json; charset=gbk", "application/json;charset=GB18030", "application/json; charset=utf-16",
    "application/json; charset=iso-8859-1", "application/json; charset=utf-8; charset=gbk",
    "application/json; charset=\"gbk\"", "application/json; charset", "application/json, text/html",
    "application/json text/html", "application/problem+json", "application/x-ndjson", "text/json", "",
    "multipart/mixed; boundary=x", "application/octet-stream",
])
def test_another_type_or_charset_is_malformed(shop, declared):
    refused(shop, lambda request, out: out.document(GOOD, fields=[("content-type", declared)]))


@pytest.mark.parametrize("declared", ["application/json", "application/json; charset=utf-8"])
@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "big5", "utf-8-sig", "utf-16", "utf-16-le",
                                      "utf-16-be", "utf-32", "utf-32-le", "utf-7"])
def test_a_charset_that_lies_is_malformed(shop, encoding, declared):
    text = json.dumps({"uscc": A, "name": "甲公司名称 " + CANARY, "note": "税务局"}, ensure_ascii=False)
    body = text.replace("{", "{+AAA-", 1).encode("ascii", "ignore") if encoding == "utf-7" \
        else text.encode(encoding, "replace")
    refused(shop, lambda request, out: out.document(body, fields=[("content-type", declared)]))


# --- codings ---

@pytest.mark.smoke
def test_gzip_is_asked_for_and_undone(shop):
    plain = passes(shop, lambda request, out: out.document(GOOD))
    assert shop.tax.requests[-1].field("accept-encoding") == "identity, gzip"
    got = passes(shop, lambda request, out: out.document(gzip.compress(GOOD), fields=(JSON, GZIP)))
    assert got.body == plain.body and "content-encoding" not in got.fields


@pytest.mark.parametrize("coding", ["GZIP", "Gzip", "identity", "Identity"])
def test_names_of_codings_have_no_case(shop, coding):
    body = gzip.compress(GOOD) if "z" in coding.lower() else GOOD
    passes(shop, lambda request, out: out.document(body, fields=(JSON, ("content-encoding", coding))))


@pytest.mark.parametrize("codings", [
    ["br"], ["zstd"], ["deflate"], ["compress"], ["x-gzip"], ["gzip, gzip"], ["gzip,identity"],
    ["gzip", "gzip"], ["identity", "gzip"], ["gzip", "identity"], ["aes128gcm"], [""], ["gzip;q=1"],
], ids=str)
def test_no_other_coding_is_undone(shop, codings):
    fields = [JSON] + [("content-encoding", coding) for coding in codings]
    for body in (GOOD, gzip.compress(GOOD), zlib.compress(GOOD), gzip.compress(gzip.compress(GOOD))):
        refused(shop, lambda request, out: out.document(body, fields=fields))


def flushed(data, every):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    pieces = [packer.compress(data[i:i + every]) + packer.flush(zlib.Z_FULL_FLUSH)
              for i in range(0, len(data), every)]
    return b"".join(pieces) + packer.flush()


def with_header(data, flags, more):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packer.compress(data) + packer.flush()
    head = b"\x1f\x8b\x08" + bytes([flags]) + b"\0\0\0\0\0\x03" + more
    return head + body + zlib.crc32(data).to_bytes(4, "little") + len(data).to_bytes(4, "little")


@pytest.mark.parametrize("packed", [
    flushed(GOOD, 1), flushed(GOOD, 7), gzip.compress(GOOD, 0),
    with_header(GOOD, 4 | 8 | 16, b"\x20\0" + b"e" * 32 + b"name.json\0" + b"comment\0"),
], ids=["each byte", "each seven", "stored", "fields"])
@pytest.mark.parametrize("n_chunk", [1, 2, 3, 7, 64, 1000, 16384])
def test_gzip_has_one_meaning_however_it_comes(shop, packed, n_chunk):
    def answer(request, out):
        out.respond(fields=(JSON, GZIP))
        for at in range(0, len(packed), n_chunk):
            out.data(packed[at:at + n_chunk])
        out.end()
    got = passes(shop, answer)
    assert got.body == passes(shop, lambda request, out: out.document(GOOD)).body


PACKED = gzip.compress(GOOD)
BAD = {
    "empty": b"",
    "one byte": PACKED[:1],
    "head only": PACKED[:10],
    "without its end": PACKED[:-8],
    "without its last byte": PACKED[:-1],
    "wrong checksum": PACKED[:-5] + bytes([PACKED[-5] ^ 1]) + PACKED[-4:],
    "wrong length": PACKED[:-1] + b"\x01",
    "garbage behind": PACKED + b"\0",
    "two members": PACKED + PACKED,
    "an empty second member": PACKED + gzip.compress(b""),
    "zlib": zlib.compress(GOOD),
    "raw": zlib.compress(GOOD)[2:-4],
    "plain": GOOD,
    "twice": gzip.compress(PACKED),
    "a reserved flag": with_header(GOOD, 0x20, b""),
    "a header checksum that is wrong": with_header(GOOD, 2, b"\0\0"),
    "a name without end": b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * (5 << 20),
    "empty blocks without end": PACKED[:10] + b"\0\0\0\xff\xff" * (1 << 20),
}


@pytest.mark.smoke
@pytest.mark.parametrize("name", BAD)
def test_what_is_no_whole_gzip_is_malformed(shop, name):
    refused(shop, lambda request, out: out.document(BAD[name], fields=(JSON, GZIP)))


def test_gzip_without_its_name_is_malformed(shop):
    refused(shop, lambda request, out: out.document(PACKED))


# --- gzip, and bytes that have left ---

def varied(n_rows):
    """A document whose rows differ, as they do: it shrinks to a tenth, not to a hundredth."""
    numbers = random.Random(7)
    rows = ",".join('{"item":"VAT","kind":"normal","period_from":"2024-01-01","period_to":"2024-01-31",'
                    f'"paid_amount":{numbers.randrange(10 ** 9)}.50}}' for _ in range(n_rows))
    return f'{{"uscc":"{A}","items":[{rows}]}}'.encode()


def test_a_large_answer_is_the_same_with_and_without_gzip(shop):
    whole = varied(20000)
    plain = passes(shop, lambda request, out: out.document(whole))
    assert len(plain.body) > 1 << 20
    got = passes(shop, lambda request, out: out.document(gzip.compress(whole), fields=(JSON, GZIP)))
    assert got.body == plain.body


def test_a_slow_bank_gets_all_of_a_gzip_answer(shop):
    whole = varied(10000)
    shop.tax.answer = lambda request, out: out.document(gzip.compress(whole), fields=(JSON, GZIP))
    with shop.client(give_windows=False, initial_window=1000) as client:
        stream = client.request(PAYMENT, consent_fields(shop.token()))
        answer = client.answers[stream]
        client.until(lambda: answer.n_bytes >= 1000)
        time.sleep(0.3)
        assert not answer.complete
        client.give_windows = True
        client.give(stream, 1 << 20)
        client.finish(stream)
    assert answer.complete and len(json.loads(answer.body)["items"]) == 10000


@pytest.mark.smoke
@pytest.mark.parametrize("spoil", [
    lambda packed: packed[:-5] + bytes([packed[-5] ^ 1]) + packed[-4:],
    lambda packed: packed[:-8],
    lambda packed: packed + b"x",
    lambda packed: packed + gzip.compress(b"{}"),
    lambda packed: packed[:-100] + b"\xff" * 100,
], ids=["checksum", "truncated", "garbage behind", "second member", "blocks"])
def test_a_gzip_that_breaks_after_bytes_have_left_is_cut(shop, spoil):
    packed = gzip.compress(varied(20000))

    def answer(request, out):
        out.respond(fields=(JSON, GZIP))
        out.data(packed[:64 << 10])
        time.sleep(0.4)
        out.data(spoil(packed)[64 << 10:])
        out.end()
    got = ask(shop, answer)
    assert got.n_bytes > 0
    cut(shop, got, "source_malformed")


def test_a_bomb_is_cut_before_it_is_large(shop):
    """What is withheld is bounded, too: nothing of it would ever be seen to leave."""
    bomb = gzip.compress(b'{"uscc":"%s","unknown":[' % A.encode() + b"0," * (2 << 20) + b"0]}", 9)
    assert len(bomb) < 1 << 14
    refused(shop, lambda request, out: out.document(bomb, fields=(JSON, GZIP)))


def test_the_limit_counts_what_is_inflated(shop):
    whole = varied(60000)
    assert len(whole) > 4 << 20 > len(gzip.compress(whole))
    got = ask(shop, lambda request, out: out.document(gzip.compress(whole), fields=(JSON, GZIP)))
    cut(shop, got, "source_malformed")


def test_a_reset_in_a_gzip_body_is_no_end(shop):
    def answer(request, out):
        out.respond(fields=(JSON, GZIP))
        out.data(PACKED[:20])
        out.reset()
    got = ask(shop, answer)
    assert got.status in (502, 503)
