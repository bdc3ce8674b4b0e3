"""Consent tokens made by other software than ours: python3-cryptography, byte by byte."""
import base64
import copy
import hashlib
import json

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

ISS = "uscc:91350100M000100Y43"
BANK = "911100001000044477"
OTHER_BANK = "91350100M000100Y43"
AUD = "https://gw.example.test"
PERSON = "person:sy3ecP5IWV3ewFNMieXXU01ucSJaT2GNY9NEI2CHI-Y"
NOW = 1767225700
DIGEST = "sy3ecP5IWV3ewFNMieXXU01ucSJaT2GNY9NEI2CHI-Y"

CLAIMS = {
    "ver": 1, "iss": ISS, "sub": ISS, "aud": AUD, "rcpt": f"uscc:{BANK}",
    "jti": "c-0123456789abcdef0123456789abcdef", "iat": 1767225600, "nbf": 1767225600,
    "exp": 1774915200, "nonce": "AAECAwQFBgcICQoLDA0ODw", "purposes": ["pre_loan"],
    "authorization_details": [
        {"type": "credit_data", "datatypes": ["tax/payment"], "actions": ["query", "use"],
         "classes": ["trade_secret"], "range": {"from": "2023-01-01", "to": "2025-12-31"}},
        {"type": "credit_data", "datatypes": ["samr/registration"], "actions": ["query"],
         "classes": []}],
    "fetch": {"max_total": 3, "per": {"unit": "day", "count": 1}}, "data_life_days": 90,
    "cnf": {"jkt": DIGEST},
    "notice": {"id": "n-1", "ver": "2026-01", "sha256": DIGEST, "lang": "zh-CN"},
}


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


class Grantor:
    """A key pair and the tokens that it signs."""

    def __init__(self, seed=None):
        make = ed25519.Ed25519PrivateKey
        self.key = make.from_private_bytes(seed) if seed else make.generate()
        raw = self.key.public_key().public_bytes(serialization.Encoding.Raw,
                                                 serialization.PublicFormat.Raw)
        self.x = b64(raw)
        self.kid = b64(hashlib.sha256(
            compact({"crv": "Ed25519", "kty": "OKP", "x": self.x})).digest())

    def jwk(self, **more):
        return {"kty": "OKP", "crv": "Ed25519", "x": self.x, "kid": self.kid, **more}

    def header(self, **changes):
        header = {"alg": "Ed25519", "typ": "consent+jwt", "kid": self.kid, **changes}
        return {name: value for name, value in header.items() if value is not None}

    def sign(self, header, payload):
        """Both are bytes, or a value that becomes compact JSON."""
        parts = [part if isinstance(part, bytes) else compact(part) for part in (header, payload)]
        signed = b64(parts[0]) + "." + b64(parts[1])
        return signed + "." + b64(self.key.sign(signed.encode()))

    def token(self, header=None, **changes):
        """The usual claims, with changes; a claim set to None is left out."""
        return self.sign(self.header(**(header or {})), claims(**changes))

    def pem(self):
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                      serialization.NoEncryption())


def claims(**changes):
    changed = {**copy.deepcopy(CLAIMS), **changes}
    return {name: value for name, value in changed.items() if value is not None}


def scope(index=0, **changes):
    """authorization_details with one scope changed."""
    details = copy.deepcopy(CLAIMS["authorization_details"])
    details[index].update(changes)
    details[index] = {name: value for name, value in details[index].items() if value is not None}
    return details


def write_grantor(folder, iss, *jwks):
    path = folder / (iss.replace(":", "_") + ".jwks")
    path.write_text(json.dumps({"iss": iss, "keys": list(jwks)}))
    return path
