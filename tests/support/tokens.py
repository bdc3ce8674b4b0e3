"""Consent tokens made without the program under test, so that they can also be wrong.

A Grantor holds an Ed25519 key, a P256Grantor and an Sm2Grantor one of theirs. `claims()` fills the claims of a consent that holds now, for a
deployment; `fixed_claims()` are the same at every run, for what is judged at the moment NOW. Every
claim and header member can be replaced or, with DROP, left out.
"""

import base64
import copy
import hashlib
import json
import secrets
import subprocess
import tempfile
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

class Drop:
    """Takes a claim or a header away."""

    def __repr__(self):  # in the names of tests, which must be the same in each process
        return "DROP"


DROP = Drop()
DAY_S = 86400

ISS = "uscc:91350100M000100Y43"
BANK = "911100001000044477"
OTHER_BANK = "91350100M000100Y43"
AUD = "https://gw.example.test"
PERSON = "person:sy3ecP5IWV3ewFNMieXXU01ucSJaT2GNY9NEI2CHI-Y"
NOW = 1767225700
DIGEST = "sy3ecP5IWV3ewFNMieXXU01ucSJaT2GNY9NEI2CHI-Y"
FIXED = {
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


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def compact(value) -> bytes:
    """Bytes as they are, anything else as JSON without white space."""
    if isinstance(value, bytes):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def changed(base: dict, changes: dict) -> dict:
    """`base` with members replaced, or taken out where the change is DROP."""
    return {name: value for name, value in {**base, **changes}.items() if value is not DROP}


class Grantor:
    """Who consents: a name and a key."""

    alg = "Ed25519"

    def __init__(self, iss: str, key=None):
        self.iss = iss
        self.key = key or self.new_key()
        self.jwk = self.public_jwk()
        self.kid = b64url(hashlib.sha256(compact(self.jwk)).digest())  # RFC 7638 3

    def new_key(self):
        return Ed25519PrivateKey.generate()

    def public_jwk(self) -> dict:
        public = self.key.public_key().public_bytes(serialization.Encoding.Raw,
                                                    serialization.PublicFormat.Raw)
        return {"crv": "Ed25519", "kty": "OKP", "x": b64url(public)}

    def signature(self, data: bytes) -> bytes:
        return self.key.sign(data)

    @classmethod
    def load(cls, iss: str, pem_path):
        with open(pem_path, "rb") as file:
            return cls(iss, serialization.load_pem_private_key(file.read(), None))

    def entry(self, **members) -> dict:
        """The key as it stands in the grantor's file."""
        return changed({**self.jwk, "kid": self.kid, "alg": self.alg}, members)

    def pem(self) -> bytes:
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                      serialization.NoEncryption())

    def header(self, **members) -> dict:
        return changed({"alg": self.alg, "kid": self.kid, "typ": "consent+jwt"}, members)

    def sign(self, claims, **header) -> str:
        return self.sign_parts(self.header(**header), claims)

    def sign_parts(self, header, payload) -> str:
        """Each is bytes, also such that no token may hold, or a value."""
        signed = b64url(compact(header)) + "." + b64url(compact(payload))
        return signed + "." + b64url(self.signature(signed.encode()))

    def fixed_token(self, header=None, **changes) -> str:
        return self.sign(fixed_claims(**changes), **(header or {}))

    def revoke(self, jti: str, aud: str, reason: str = "withdrawn", iat=None) -> str:
        return self._act("consent-revocation+jwt", jti, aud, iat, reason=reason)

    def set_state(self, jti: str, aud: str, state: str, iat=None) -> str:
        """A pause ("paused") or a resumption ("active")."""
        return self._act("consent-status+jwt", jti, aud, iat, state=state)

    def _act(self, typ, jti, aud, iat, **more) -> str:
        claims = {"ver": 1, "iss": self.iss, "aud": aud, "jti": new_jti(), "revokes": jti,
                  "iat": int(time.time()) if iat is None else iat, **more}
        return self.sign(claims, typ=typ)


def raw_of_der(der: bytes) -> bytes:
    """r||s of a curve of 256 bits."""
    return b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(der))


def jwk_of_point(crv: str, point: bytes) -> dict:
    return {"crv": crv, "kty": "EC", "x": b64url(point[:32]), "y": b64url(point[32:])}


class P256Grantor(Grantor):
    """ES256, by python3-cryptography."""

    alg = "ES256"

    def new_key(self):
        return ec.generate_private_key(ec.SECP256R1())

    def public_jwk(self) -> dict:
        point = self.key.public_key().public_bytes(serialization.Encoding.X962,
                                                   serialization.PublicFormat.UncompressedPoint)
        return jwk_of_point("P-256", point[1:])

    def signature(self, data: bytes) -> bytes:
        return raw_of_der(self.key.sign(data, ec.ECDSA(hashes.SHA256())))


SM2_ID = "1234567812345678"


class Sm2Grantor(Grantor):
    """SM2 with SM3, by the openssl command; the key is its PEM."""

    alg = "SM2"
    distid = SM2_ID

    def new_key(self) -> bytes:
        return openssl("genpkey", "-algorithm", "SM2")

    def public_jwk(self) -> dict:
        return jwk_of_point("SM2", openssl("pkey", "-pubout", "-outform", "DER", stdin=self.key)[-64:])

    def pem(self) -> bytes:
        return self.key

    def signature(self, data: bytes) -> bytes:
        with tempfile.NamedTemporaryFile() as key:
            key.write(self.key)
            key.flush()
            return raw_of_der(openssl("dgst", "-sm3", "-sign", key.name, "-sigopt",
                                      f"distid:{self.distid}", stdin=data))


def openssl(*words, stdin=b"") -> bytes:
    done = subprocess.run(["openssl", *map(str, words)], input=stdin, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


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


def fixed_claims(**changes) -> dict:
    return changed(copy.deepcopy(FIXED), changes)


def fixed_scopes(index=0, **changes) -> list:
    """authorization_details of the fixed claims with one scope changed."""
    scopes = copy.deepcopy(FIXED["authorization_details"])
    scopes[index] = changed(scopes[index], changes)
    return scopes


def write_grantor(folder, iss, *entries):
    path = folder / (iss.replace(":", "_") + ".jwks")
    path.write_text(json.dumps({"iss": iss, "keys": list(entries)}))
    return path


def payload_of(token: str) -> dict:
    return json.loads(unb64url(token.split(".")[1]))


def jti_of(token: str) -> str:
    return payload_of(token)["jti"]


def name_of(token: str) -> str:
    """`iss;jti`, as the field consent-id says it."""
    claims_ = payload_of(token)
    return f"{claims_['iss']};{claims_['jti']}"
