"""The limits of a request, each from just inside and from just outside; and who is let in at all."""

import datetime
import hashlib
import json

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from support import tokens
from support.deployment import A, B, PAYMENT, PURPOSE, Bank, consent_fields
from support.h2client import tls_context

MAX_LIST_BYTES = 64 << 10
MAX_FIELDS = 100


def ask(gateway, fields, path=PAYMENT, **how):
    with gateway.client() as client:
        return client.ask(path, fields, **how)


def is_refused(answer, status, code):
    """By its code, or by a reset where HTTP/2 itself was broken."""
    assert (answer.status, answer.code) == (status, code), answer


# --- consents ---

def padded(gateway, n_bytes):
    """A consent whose token has exactly so many bytes, or one or two less."""
    token = gateway.token()
    claims = gateway.claims()
    missing = (n_bytes - len(token)) * 3 // 4 - 60
    fields = []
    while missing > 0:
        fields.append(f"x{len(fields):03d}" + "x" * min(missing, 60))
        missing -= len(fields[-1]) + 3
    scopes = claims["authorization_details"]
    scopes.extend([{**scopes[0], "fields": fields[i:i + 60]} for i in range(0, len(fields), 60)])
    return gateway.enterprise.sign(claims)


def test_a_token_of_a_little_under_8_kib_in_a_field(gateway):
    token = padded(gateway, 7400)
    assert 7000 < len(token) <= 8192
    answer = ask(gateway, consent_fields(token))
    assert answer.status == 200, answer


def test_a_longer_token_must_be_registered_and_named(gateway):
    token = padded(gateway, 9000)
    assert len(token) > 8192
    is_refused(ask(gateway, consent_fields(token)), 431, "headers_too_large")
    assert gateway.register(token).status == 201
    assert ask(gateway, consent_fields(f"uscc:{A};{tokens.jti_of(token)}")).status == 200


def test_nine_consents_are_one_too_many(gateway):
    name = f"uscc:{A};{tokens.new_jti()}"
    is_refused(ask(gateway, consent_fields(*[name] * 9)), 400, "request_malformed")
    is_refused(ask(gateway, consent_fields(*[name] * 8)), 403, "consent_missing")


# --- header lists ---

def test_a_hundred_fields_and_one_more(gateway):
    base = consent_fields(gateway.token())
    room = MAX_FIELDS - len(base) - 4  # pseudo-header fields count
    assert ask(gateway, base + [(f"x-{i}", "v") for i in range(room)]).status == 200
    is_refused(ask(gateway, base + [(f"x-{i}", "v") for i in range(room + 5)]), 431, "headers_too_large")


def test_a_header_list_of_64_kib_and_more(gateway):
    base = consent_fields(gateway.token())
    assert ask(gateway, base + [(f"x-{i}", "v" * 1000) for i in range(50)]).status == 200
    answer = ask(gateway, base + [(f"x-{i}", "v" * 1000) for i in range(70)])
    is_refused(answer, 431, "headers_too_large")


def test_a_connection_survives_one_list_that_is_too_large(gateway):
    base = consent_fields(gateway.token())
    with gateway.client() as client:
        assert client.ask(PAYMENT, base + [(f"x-{i}", "v") for i in range(120)]).status == 431
        assert client.ask(PAYMENT, base).status == 200


def test_names_with_an_underscore_are_refused(gateway):
    answer = ask(gateway, consent_fields(gateway.token()) + [("access_id", "x")])
    is_refused(answer, 400, "request_malformed")


@pytest.mark.parametrize("fields", [
    [("Upper", "x")], [("with space", "x")], [("x", "a\r\nb: c")], [("x", "a\0b")], [("te", "gzip")],
    [("connection", "close")], [("transfer-encoding", "chunked")], [("content-length", "5")],
    [(":unknown", "x")], [(":path", "/other")],
], ids=str)
def test_fields_that_http_forbids(gateway, fields):
    """The stream is reset or the request refused; it never becomes an access."""
    before = gateway.metric("hufu_accesses_allowed_total")
    with gateway.client() as client:
        stream = client.request(PAYMENT, consent_fields(gateway.token()) + fields)
        (answer,) = client.finish(stream)
    assert answer.reset is not None or answer.status in (400, 431)
    assert gateway.metric("hufu_accesses_allowed_total") == before


def test_a_path_of_more_than_4_kib(gateway):
    answer = ask(gateway, consent_fields(gateway.token()), PAYMENT + "?from=" + "1" * 5000)
    assert answer.status in (400, 404, 431)


# --- bodies ---

def test_a_body_that_is_too_large(gateway):
    with gateway.client() as client:
        stream = client.request("/consents", [("content-type", "application/jwt")], method="POST",
                                body=b"x" * 70000)
        (answer,) = client.finish(stream)
    assert answer.reset is not None or (answer.status, answer.code) == (413, "body_too_large"), answer


def test_a_bank_may_ask_a_hundred_at_once_and_no_more(gateway):
    token = gateway.token(max_total=1000)
    with gateway.client() as client:
        assert client.h2.remote_settings.max_concurrent_streams in (100, 2**32 + 1)
        client.ask(PAYMENT, consent_fields(token))
        assert client.h2.remote_settings.max_concurrent_streams == 100


# --- who is let in ---

def certificate(folder, name, days=30, ago=1):
    """A certificate that its own key signs."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.utcnow()
    cert = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=ago))
            .not_valid_after(now + datetime.timedelta(days=days)).sign(key, hashes.SHA256()))
    pem, key_pem = folder / f"{name}.pem", folder / f"{name}.key"
    pem.write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    key_pem.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                          serialization.NoEncryption()))
    return Bank("91100000100003962T", pem, key_pem)


def ask_as(gateway, bank, token):
    from support.h2client import Client
    context = tls_context(gateway.ca, bank.cert, bank.key)
    with Client(gateway.port, context) as client:
        answer = client.ask(PAYMENT, consent_fields(token))
        client.drain(0.3)
        return answer, client.goaway


@pytest.mark.smoke
def test_a_certificate_that_is_not_on_file(gateway, tmp_path):
    before = gateway.metric("hufu_noise_total")
    answer, goaway = ask_as(gateway, certificate(tmp_path, "stranger"), gateway.token())
    is_refused(answer, 401, "client_cert_unknown")
    assert goaway is not None
    assert "access-log" not in answer.fields  # strangers are counted, not recorded one by one
    assert gateway.metric("hufu_noise_total") == before + 1


def let_in(gateway, bank, **members):
    digest = hashlib.sha256(bank.der).hexdigest()
    name = f"banks/{gateway.banks['b'].uscc}.json"
    gateway.edit(name, lambda entry: entry.update(certs=entry["certs"] + [digest], **members))


def test_a_second_certificate_of_a_bank_is_that_bank(deploy, tmp_path):
    gateway = deploy()
    gateway.serve("tax")
    bank = certificate(tmp_path, "renewed")
    let_in(gateway, bank)
    gateway.start()
    token = gateway.token("b", cnf={"x5t#S256": bank.x5t})
    assert ask_as(gateway, bank, token)[0].status == 200
    assert gateway.ask(PAYMENT, "b", consent=token).code == "binding_mismatch"


@pytest.mark.parametrize("days, ago", [(-1, 10), (10, -1)], ids=["past", "future"])
def test_a_certificate_outside_its_dates(deploy, tmp_path, days, ago):
    gateway = deploy()
    bank = certificate(tmp_path, "dated", days, ago)
    let_in(gateway, bank)
    gateway.start()
    answer, _ = ask_as(gateway, bank, gateway.token("b"))
    is_refused(answer, 401, "client_cert_unknown")


# --- the other listeners ---

@pytest.mark.parametrize("path", [PAYMENT, f"/samr/registration/{A}.json", "/openapi.json", "/metrics",
                                  "/log/record/0", f"/consents/uscc:{A}/{'x' * 32}", f"/reports/{A}"])
def test_the_public_listener_answers_no_query(gateway, path):
    answer = gateway.ask(path, bank=None, port=gateway.public_port, consent=gateway.token())
    assert answer.status == 404 and "access-log" not in answer.fields


@pytest.mark.smoke
def test_the_public_listener_takes_consents_and_revocations_and_shows_the_checkpoint(gateway):
    token = gateway.token()
    how = dict(bank=None, port=gateway.public_port, fields=[("content-type", "application/jwt")])
    assert gateway.ask("/consents", body=token, **how).status == 201
    assert gateway.ask("/log/checkpoint", bank=None, port=gateway.public_port).status == 200
    word = gateway.enterprise.revoke(tokens.jti_of(token), gateway.url)
    assert gateway.ask("/revocations", body=word, **how).status == 200
    assert gateway.ask(PAYMENT, consent=token).code == "consent_revoked"


def post_all(client, path, texts):
    """The codes of what is sent at once, on one connection; None: accepted."""
    head = [("content-type", "application/jwt")]
    acts = [client.request(path, head, method="POST", body=text.encode()) for text in texts]
    assert client.until(lambda: all(client.answers[act].over for act in acts))
    return [client.answers[act].code for act in acts]


def test_strangers_cannot_use_up_what_a_grantor_may_do(deploy):
    """What a token says is anybody's word until its signature was checked: the address pays for it."""
    gateway = deploy().start()
    honest, forger = gateway.enterprise, tokens.Grantor(gateway.enterprise.iss)
    forger.kid = honest.kid
    consents = [gateway.token(grantor=forger) for _ in range(25)]
    words = [gateway.revocation(text, forger) for text in consents]
    with gateway.stranger() as client:
        assert set(post_all(client, "/consents", consents)) == {"consent_signature_invalid"}
        assert set(post_all(client, "/revocations", words)) == {"consent_signature_invalid"}
        token = gateway.token()
        assert post_all(client, "/consents", [token]) == [None]
        assert post_all(client, "/revocations", [gateway.revocation(token)]) == [None]
        assert post_all(client, "/consents", consents)[-1] == "rate_limit"
    assert gateway.ask(PAYMENT, consent=token).code == "consent_revoked"


def test_a_grantors_own_acts_have_a_rate(deploy):
    gateway = deploy()
    other = gateway.add_grantor("uscc:" + B)
    gateway.start()
    words = [gateway.revocation(gateway.token()) for _ in range(40)]
    with gateway.stranger() as client:
        codes = post_all(client, "/revocations", words)
        assert codes[:20] == [None] * 20 and codes[-1] == "rate_limit", codes
        theirs = gateway.revocation(gateway.token(grantor=other), other)
        assert post_all(client, "/revocations", [theirs]) == [None]


def test_the_ops_listener_tells_of_health_and_figures(gateway):
    assert gateway.ops("/healthz") == gateway.ops("/readyz") == 200
    before = gateway.metric("hufu_accesses_allowed_total")
    gateway.ask(PAYMENT, consent=gateway.token())
    assert gateway.metric("hufu_accesses_allowed_total") == before + 1
    text = gateway.ops("/metrics", text=True)
    assert A not in text and gateway.banks["a"].uscc not in text
    assert gateway.ops("/anything") == 404


def test_purposes_are_named_once(gateway):
    answer = ask(gateway, [("consent", gateway.token()), *PURPOSE, *PURPOSE])
    is_refused(answer, 400, "request_malformed")
    assert json.loads(bytes(answer.body))["attribute"] == "consent-purpose"
