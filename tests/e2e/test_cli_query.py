"""hufu query and hufu post: what a bank is told, and when it must not use what it got.

Covers: cli/query.c cli/post.c cli/remote.c
"""

import json
import time

import pytest

from support import tokens
from support.deployment import A, PAYMENT, Deployment

ASKED = ("--purpose", "pre_loan", "--actions", "query")


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with Deployment(tmp_path_factory.mktemp("query")) as deployment:
        deployment.tax = deployment.fake("tax")
        deployment.start()
        yield deployment


@pytest.fixture
def query(shop, tmp_path):
    """query(consent, option…) -> the finished process"""

    def run(consent, *options, path=PAYMENT, bank="a"):
        file = tmp_path / "consent.jwt"
        file.write_text(consent + "\n")
        at = shop.dir / "demo" / f"bank-{bank}"
        return shop.hufu("query", f"https://localhost:{shop.port}{path}", "--cert", at / "bank.pem",
                         "--key", at / "bank.key", "--ca", shop.ca, "--consent", file, *options,
                         check=False)

    return run


def answer_with(shop, document):
    shop.tax.answer = lambda request, out: out.document(document)


def test_a_whole_answer_is_printed(shop, query):
    answer_with(shop, {"uscc": A})
    ran = query(shop.token(), *ASKED)
    assert ran.returncode == 0 and json.loads(ran.stdout) == {"uscc": A}
    assert "access-log: " in ran.stderr and "access-outcome: " in ran.stderr


def test_a_refusal_is_told_with_code_and_record(shop, query):
    ran = query(shop.token(), *ASKED, bank="b")
    assert ran.returncode == 1
    assert ran.stdout.startswith("deny recipient_mismatch: rcpt: ") and "access-log: " in ran.stdout


def test_a_refusal_in_json_is_the_problem(shop, query):
    ran = query(shop.token(), *ASKED, "--json", bank="b")
    assert ran.returncode == 1 and json.loads(ran.stdout)["code"] == "recipient_mismatch"


def test_an_answer_that_breaks_off_is_not_whole(shop, query):
    row = ('{"item":"VAT","kind":"normal","period_from":"2024-01-01","period_to":"2024-01-31",'
           '"paid_amount":12.50}')

    def answer(request, out):
        out.respond()
        out.data(('{"uscc":"%s","items":[%s' % (A, ",".join([row] * 1000))).encode()[:64 << 10])
        time.sleep(0.4)  # long enough for HEADERS to leave
        out.reset()

    shop.tax.answer = answer
    ran = query(shop.token(), *ASKED)
    assert ran.returncode == 4 and ran.stdout and "broken off" in ran.stderr
    assert "access-outcome" not in ran.stderr


@pytest.mark.parametrize("words", [
    ("query", "http://localhost/x"), ("query", "https://user@localhost/x"), ("query", "localhost"),
    ("post", "ftp://localhost/consents", "x.y.z")])
def test_only_https_urls(shop, words):
    command, url, *rest = words
    own = ("--cert", "a", "--key", "b") if command == "query" else ()
    ran = shop.hufu(command, url, *rest, "--ca", shop.ca, *own, check=False)
    assert ran.returncode == 2 and "https://" in ran.stderr


def test_certificate_and_key_come_together(shop):
    at = shop.dir / "demo" / "bank-a" / "bank.pem"
    ran = shop.hufu("post", f"https://localhost:{shop.port}/consents", "x.y.z", "--ca", shop.ca,
                    "--cert", at, check=False)
    assert ran.returncode == 2 and "together" in ran.stderr


def test_a_key_that_others_may_read_is_refused(shop, tmp_path):
    key = tmp_path / "open.key"
    key.write_bytes((shop.dir / "demo" / "bank-a" / "bank.key").read_bytes())
    key.chmod(0o644)
    ran = shop.hufu("post", f"https://localhost:{shop.port}/consents", "x.y.z", "--ca", shop.ca,
                    "--cert", shop.dir / "demo" / "bank-a" / "bank.pem", "--key", key, check=False)
    assert ran.returncode != 0 and "open.key" in ran.stderr


def test_a_gateway_of_another_root_is_not_spoken_to(shop, tmp_path):
    other = tmp_path / "other"
    shop.hufu("init", other)
    ran = shop.hufu("post", f"https://localhost:{shop.port + 1}/consents", shop.token(), "--ca",
                    other / "ca" / "ca.pem", check=False)
    assert ran.returncode == 4


def test_nobody_listens(shop):
    ran = shop.hufu("post", "https://localhost:1/consents", "x.y.z", "--ca", shop.ca, check=False)
    assert ran.returncode == 4


def test_a_token_is_registered_and_a_bad_one_refused(shop):
    public = f"https://localhost:{shop.port + 1}/consents"
    token = shop.token()
    ran = shop.hufu("post", public, "-", "--ca", shop.ca, stdin=token)
    assert json.loads(ran.stdout)["jti"] == tokens.jti_of(token)
    ran = shop.hufu("post", public, "x.y.z", "--ca", shop.ca, check=False)
    assert ran.returncode == 1 and ran.stdout.startswith("deny consent_malformed")


def test_nine_consents_are_too_many(shop, query, tmp_path):
    file = tmp_path / "more.jwt"
    file.write_text("x")
    more = [word for _ in range(8) for word in ("--consent", file)]
    ran = query(shop.token(), *ASKED, *more)
    assert ran.returncode == 2 and "at most 8" in ran.stderr
