"""Consent tokens made without the program under test, so that they can also be wrong.

A Grantor holds an Ed25519 key; `consent()` fills a whole valid token from few words, and every
claim and header member can be replaced or, with DROP, left out.
"""

import base64
import hashlib
import json
import secrets
import time

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

DROP = object()
DAY_S = 86400


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def compact(value) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def changed(base: dict, changes: dict) -> dict:
    """`base` with members replaced, or taken out where the change is DROP."""
    return {name: value for name, value in {**base, **changes}.items() if value is not DROP}


class Grantor:
    """Who consents: a name and a key."""

    def __init__(self, iss: str, key: Ed25519PrivateKey = None):
        self.iss = iss
        self.key = key or Ed25519PrivateKey.generate()
        public = self.key.public_key().public_bytes(serialization.Encoding.Raw,
                                                    serialization.PublicFormat.Raw)
        self.jwk = {"crv": "Ed25519", "kty": "OKP", "x": b64url(public)}
        self.kid = b64url(hashlib.sha256(compact(self.jwk)).digest())  # RFC 7638 3

    @classmethod
    def load(cls, iss: str, pem_path):
        with open(pem_path, "rb") as file:
            return cls(iss, serialization.load_pem_private_key(file.read(), None))

    def entry(self, **members) -> dict:
        """The key as it stands in the grantor's file."""
        return {**self.jwk, "kid": self.kid, "alg": "Ed25519", **members}

    def sign(self, claims: dict, **header) -> str:
        head = changed({"alg": "Ed25519", "kid": self.kid, "typ": "consent+jwt"}, header)
        signed = b64url(compact(head)) + "." + b64url(compact(claims))
        return signed + "." + b64url(self.key.sign(signed.encode()))

    def revoke(self, jti: str, aud: str, reason: str = "withdrawn") -> str:
        claims = {"ver": 1, "iss": self.iss, "aud": aud, "jti": new_jti(), "revokes": jti,
                  "iat": int(time.time()), "reason": reason}
        return self.sign(claims, typ="consent-revocation+jwt")


def new_jti() -> str:
    return "t-" + secrets.token_hex(16)


def scope(*datasets, **changes) -> dict:
    base = {"type": "credit_data", "datatypes": list(datasets), "actions": ["query", "analyse", "use"],
            "classes": ["trade_secret"], "range": {"from": "2023-01-01", "to": "2025-12-31"}}
    return changed(base, changes)


def claims(grantor: Grantor, bank, url: str, scopes=None, max_total: int = 100, **changes) -> dict:
    """Claims of a consent for pre_loan that hold now; `changes` replace them."""
    now = int(time.time())
    base = {
        "ver": 1, "iss": grantor.iss, "sub": grantor.iss, "aud": url, "rcpt": "uscc:" + bank.uscc,
        "jti": new_jti(), "iat": now, "nbf": now, "exp": now + 30 * DAY_S,
        "nonce": b64url(secrets.token_bytes(16)), "purposes": ["pre_loan"],
        "authorization_details": scopes or [scope("tax/payment", "tax/arrears", "tax/rating",
                                                  "samr/registration", "samr/annual_report")],
        "fetch": {"max_total": max_total}, "data_life_days": 90, "cnf": {"x5t#S256": bank.x5t},
        "notice": {"id": "credit-notice", "ver": "1",
                   "sha256": b64url(hashlib.sha256(b"notice").digest()), "lang": "zh-CN"},
    }
    return changed(base, changes)


def payload_of(token: str) -> dict:
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def jti_of(token: str) -> str:
    return payload_of(token)["jti"]


def name_of(token: str) -> str:
    """`iss;jti`, as the field consent-id says it."""
    claims_ = payload_of(token)
    return f"{claims_['iss']};{claims_['jti']}"
