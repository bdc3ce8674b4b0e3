"""R01 to R25 by name: each refusal of docs/consent-token.md at a running gateway, with its code, for
tokens of four makers; and each beside a token that differs in that one point and passes."""
import json
import pathlib
import re
import time

import pytest

from support import tokens
from support.deployment import PAYMENT
from support.signers import SIGNERS, Jose
from support.tokens import DAY_S, DROP, b64url, unb64url, changed, new_jti

DOCUMENT = pathlib.Path(__file__).parents[2] / "docs" / "consent-token.md"
TESTS = pathlib.Path(__file__).parents[1]
NAMES = [f"R{number:02}" for number in range(1, 26)]
DIGEST = "sy3ecP5IWV3ewFNMieXXU01ucSJaT2GNY9NEI2CHI-Y"
PERSON = "person:" + DIGEST


class Maker:
    """Tokens by one signer for the enterprise that the gateway knows."""

    def __init__(self, gateway, signer):
        self.gateway = gateway
        self.signer = signer(gateway.enterprise.key)

    def header(self, **changes):
        return changed({"alg": "EdDSA", "typ": "consent+jwt", "kid": self.gateway.enterprise.kid}, changes)

    def claims(self, **changes):
        return self.gateway.claims(scopes=[tokens.scope("tax/payment", actions=["query"])], **changes)

    def token(self, header=None, **changes):
        return self.signer.sign(self.header(**(header or {})), self.claims(**changes))

    def ask(self, token, **how):
        return self.gateway.ask(PAYMENT, consent=token, **how)


@pytest.fixture(scope="module", params=SIGNERS)
def maker(request, gateway):
    if request.param == "jose" and not Jose.is_there():
        pytest.skip("npm's jose is not there: script/bootstrap installs it where there is npm")
    return Maker(gateway, SIGNERS[request.param])


def header_with(**changes):
    return lambda maker: maker.token(header=changes)


def claims_with(**changes):
    return lambda maker: maker.token(**{name: value() if callable(value) else value
                                        for name, value in changes.items()})


def scope_with(**changes):
    return lambda maker: maker.signer.sign(maker.header(), maker.gateway.claims(
        scopes=[tokens.scope("tax/payment", **{"actions": ["query"], **changes})]))


def text_with(change):
    return lambda maker: change(maker.token())


def payload_with(old, new):
    return lambda maker: maker.signer.sign(
        maker.header(), tokens.compact(maker.claims()).replace(old, new))


def signature_with(change):
    def make(maker):
        signed, _, signature = maker.token().rpartition(".")
        return signed + "." + b64url(change(unb64url(signature)))
    return make


def spoiled(spoil):
    """A token that was good until something else happened: spoil(maker, token) -> what to present."""
    def make(maker):
        token = maker.token(fetch={"max_total": 1})
        return spoil(maker, token)
    return make


def another_payload(maker, token):
    assert maker.ask(token).status == 200
    return maker.token(jti=tokens.jti_of(token), data_life_days=1)


def used_up(maker, token):
    assert maker.ask(token).status == 200
    return token


def revoked(maker, token):
    assert maker.gateway.revoke(token).status == 200
    return token


def in_days(days):
    return lambda: int(time.time()) + days * DAY_S


# (name, code, how a token is made that must be refused)
ROWS = [
    ("R01", "consent_malformed", header_with(alg="none")),
    ("R01", "consent_malformed", header_with(alg=DROP)),
    ("R02", "consent_signature_invalid", header_with(alg="ES256")),
    ("R02", "consent_signature_invalid", header_with(alg="SM2")),
    ("R03", "consent_malformed", header_with(alg="HS256")),
    ("R03", "consent_malformed", header_with(alg="RS256")),
    ("R04", "consent_malformed", header_with(jwk={"kty": "OKP", "crv": "Ed25519", "x": DIGEST})),
    ("R05", "consent_malformed", header_with(jku="https://keys.example/jwks")),
    ("R05", "consent_malformed", header_with(x5u="https://keys.example/cert")),
    ("R06", "consent_malformed", header_with(crit=["exp"], exp=1)),
    ("R06", "consent_malformed", header_with(b64=False, crit=["b64"])),
    ("R07", "consent_malformed", header_with(zip="DEF")),
    ("R07", "consent_malformed", header_with(cty="JWT")),
    ("R07", "consent_malformed", text_with(lambda token: token + ".AAAA.AAAA")),
    ("R08", "consent_malformed", text_with(lambda token: token + ".")),
    ("R08", "consent_malformed", text_with(lambda token: token.rpartition(".")[0])),
    ("R08", "consent_malformed", text_with(lambda token: token.replace(".", "..", 1))),
    ("R09", "consent_malformed", text_with(lambda token: token.replace(".", "=.", 1))),
    ("R09", "consent_malformed", text_with(lambda token: "+" + token[1:])),
    ("R10", "consent_malformed", payload_with(b'"ver":1', b'"ver":1,"ver":1')),
    ("R10", "consent_malformed", payload_with(b'"ver":1', b'"ver":1,"v\\u0065r":1')),
    ("R11", "consent_malformed", header_with(typ="JWT")),
    ("R11", "consent_malformed", header_with(typ="consent-revocation+jwt")),
    ("R12", "audience_mismatch", claims_with(aud="https://other.example.test")),
    ("R13", "grantor_unknown", header_with(kid=DIGEST)),
    ("R13", "grantor_unknown", claims_with(iss=PERSON, sub=PERSON)),
    ("R14", "consent_malformed", claims_with(sub=PERSON)),
    ("R15", "recipient_mismatch", claims_with(rcpt="uscc:91999999MA0000A00C")),
    ("R16", "binding_mismatch", claims_with(cnf={"x5t#S256": DIGEST})),
    ("R16", "binding_mismatch", claims_with(cnf={"jkt": DIGEST})),
    ("R16", "binding_mismatch", claims_with(cnf=DROP)),
    ("R17", "consent_expired", claims_with(iat=in_days(-9), nbf=in_days(-9), exp=in_days(-1))),
    ("R17", "consent_not_yet_valid", claims_with(nbf=in_days(1))),
    ("R17", "consent_malformed", claims_with(exp=in_days(91))),
    ("R17", "consent_malformed", payload_with(b'"iat":1', b'"iat":"1')),
    ("R18", "jti_conflict", spoiled(another_payload)),
    ("R19", "use_limit", spoiled(used_up)),
    ("R20", "consent_revoked", spoiled(revoked)),
    ("R21", "scope_denied", scope_with(datatypes=["tax/rating"])),
    ("R21", "action_denied", scope_with(actions=["use"])),
    ("R21", "range_denied", scope_with(range=DROP)),
    ("R21", "purpose_denied", claims_with(purposes=["post_loan"], loan_ref=DIGEST)),
    ("R22", "consent_malformed", header_with(x5c=["AAAA"])),
    ("R23", "consent_signature_invalid", signature_with(lambda s: s[:63])),
    ("R23", "consent_signature_invalid", signature_with(lambda s: s[32:] + s[:32])),
    ("R23", "consent_signature_invalid", signature_with(lambda s: bytes(64))),
    ("R24", "agent_invalid", claims_with(act={"role": "agent", "sub": PERSON, "poa_exp": 4000000000})),
    ("R24", "agent_invalid", claims_with(act={"role": "agent", "sub": PERSON, "poa": DIGEST,
                                              "poa_exp": 1600000000})),
    ("R25", "person_consent_required", scope_with(classes=["trade_secret", "personal"])),
]


@pytest.mark.parametrize("name, code, make", ROWS, ids=[f"{row[0]}-{number}" for number, row in enumerate(ROWS)])
def test_a_refusal_and_its_neighbour(maker, name, code, make):
    refused = maker.ask(make(maker))
    assert (refused.code, refused.status // 100) == (code, 4), (name, refused)
    allowed = maker.ask(maker.token())
    assert allowed.status == 200, (name, allowed)


def test_what_makers_may_do_differently_passes(maker):
    """The alias of the algorithm, the order of members, white space between them."""
    for alg in ("EdDSA", "Ed25519"):
        head = json.dumps(dict(reversed(maker.header(alg=alg).items())), indent=1).encode()
        payload = json.dumps(dict(reversed(maker.claims().items())), indent=1).encode()
        assert maker.ask(maker.signer.sign(head, payload)).status == 200
    agent = {"role": "agent", "sub": PERSON, "poa": DIGEST, "poa_exp": 4000000000}
    for act in (agent, {"role": "legal_rep", "sub": PERSON}, {"role": "branch", "sub": PERSON}):
        assert maker.ask(maker.token(act=act)).status == 200


# ---- that none is forgotten ----

def test_every_refusal_has_a_row():
    assert sorted({name for name, _, _ in ROWS}) == NAMES


def documented():
    """{"R04": {"consent_malformed"}, …} as the page has it."""
    found, names = {}, []
    section = DOCUMENT.read_text().partition("## Refusals")[2]
    for first, codes in re.findall(r"^\|([^|]*)\|.*\|([^|]*)\|$", section, re.M):
        numbers = [int(number) for number in re.findall(r"R(\d\d)", first)]
        names = [f"R{n:02}" for n in range(numbers[0], numbers[-1] + 1)] if numbers else names
        for name in names:
            found.setdefault(name, set()).update(re.findall(r"`(\w+)`", codes))
    return found


def test_each_code_is_the_documents():
    page = documented()
    for name, code, _ in ROWS:
        assert code in page[name], (name, code, page[name])


def test_each_refusal_has_a_test_of_its_own_name():
    """Besides this table, each has tests of its spellings: test_rNN_… or test_rNN_to_rMM_…"""
    told = set()
    for path in [*TESTS.glob("e2e/test_*.py"), *TESTS.glob("unit/**/test_*.c")]:
        for first, last in re.findall(r"\b(?:test_)?r(\d\d)_(?:to_r(\d\d)_)?\w+\(", path.read_text()):
            told.update(f"R{n:02}" for n in range(int(first), int(last or first) + 1))
    assert sorted(told) == NAMES
