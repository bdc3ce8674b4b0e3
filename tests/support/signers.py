"""Other people's software, each signing tokens with the same Ed25519 key.

A signer makes a compact JWS out of a header and a payload. Where its library would refuse to build
what a test needs (`alg` none, a duplicate member), the parts are put together here and the library
makes the bare signature, so that nothing but the point in question is wrong with a token.
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from support.tokens import b64url, compact, unb64url


class Signer:
    """python3-cryptography."""

    def __init__(self, key):
        self.key = key

    def signature(self, signed: bytes) -> bytes:
        return self.key.sign(signed)

    def sign(self, header, payload) -> str:
        """Both are bytes, or a value that becomes compact JSON."""
        signed = b64url(compact(header)) + "." + b64url(compact(payload))
        return signed + "." + b64url(self.signature(signed.encode()))


class Openssl(Signer):
    """The openssl command."""

    def __init__(self, key):
        super().__init__(key)
        self.pem = tempfile.NamedTemporaryFile()
        self.pem.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                         serialization.NoEncryption()))
        self.pem.flush()

    def signature(self, signed):
        with tempfile.NamedTemporaryFile() as message:  # one-shot algorithms want to know its size
            message.write(signed)
            message.flush()
            return subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.pem.name,
                                   "-in", message.name], check=True, capture_output=True).stdout


class Jwcrypto(Signer):
    """python3-jwcrypto."""

    def __init__(self, key):
        from jwcrypto import jwk
        super().__init__(key)
        self.jwk = jwk.JWK.from_pyca(key)

    def signature(self, signed):
        return self.jwk.get_op_key("sign").sign(signed)

    def sign(self, header, payload):
        from jwcrypto import jws
        if isinstance(header, dict) and header.get("alg") == "EdDSA":
            try:
                token = jws.JWS(compact(payload))
                token.add_signature(self.jwk, alg="EdDSA", protected=json.dumps(header))
                return token.serialize(compact=True)
            except (jws.InvalidJWSObject, jws.InvalidJWSOperation, ValueError):
                pass
        return super().sign(header, payload)


JOSE = """
const jose = require('jose'), crypto = require('crypto');
const {jwk, header, payload, signed} = JSON.parse(require('fs').readFileSync(0));
const key = crypto.createPrivateKey({key: jwk, format: 'jwk'});
const raw = () => ({signature: crypto.sign(null, Buffer.from(signed), key).toString('base64url')});
const whole = async () => ({token: await new jose.CompactSign(Buffer.from(payload, 'base64'))
    .setProtectedHeader(header).sign(key)});
(header ? whole() : Promise.resolve(raw())).then(x => console.log(JSON.stringify(x)),
                                               x => console.log(JSON.stringify({error: String(x)})));
"""


class Jose(Signer):
    """npm's jose, where script/bootstrap could install it."""

    MODULES = Path(__file__).parent / "jose" / "node_modules"

    def __init__(self, key):
        from jwcrypto import jwk
        super().__init__(key)
        self.private = json.loads(jwk.JWK.from_pyca(key).export())

    @staticmethod
    def env() -> dict:
        return {**os.environ, "NODE_PATH": str(Jose.MODULES)}

    @staticmethod
    def is_there() -> bool:
        try:
            return subprocess.run(["node", "-e", "require('jose')"], capture_output=True, env=Jose.env(),
                                  check=False).returncode == 0
        except FileNotFoundError:
            return False

    def _run(self, **what) -> dict:
        done = subprocess.run(["node", "-e", JOSE], input=json.dumps({"jwk": self.private, **what}),
                              check=True, capture_output=True, text=True, env=self.env())
        return json.loads(done.stdout)

    def signature(self, signed):
        return unb64url(self._run(signed=signed.decode())["signature"])

    def sign(self, header, payload):
        import base64
        if isinstance(header, dict):
            made = self._run(header=header, payload=base64.b64encode(compact(payload)).decode())
            if "token" in made:
                return made["token"]
        return super().sign(header, payload)


SIGNERS = {"cryptography": Signer, "openssl": Openssl, "jwcrypto": Jwcrypto, "jose": Jose}
