"""Little certificate authorities: one of the openssl command, for SM2, and one of
python3-cryptography, for P-256. Both write the folder that a deployment is told of.
"""

import base64
import datetime
import json
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from support.tokens import DAY_S, SM2_ID, Grantor, P256Grantor, Sm2Grantor, openssl

ORGANISATION = "1.2.156.10260.4.1.4"
CA = "keyUsage=critical,keyCertSign,cRLSign\nbasicConstraints=critical,CA:TRUE\n"
SIGNER = "keyUsage=critical,digitalSignature,nonRepudiation\n"
ENCRYPTION = "keyUsage=critical,keyEncipherment,dataEncipherment,keyAgreement\n"
CONFIG = """[ca]
default_ca=own
[own]
database=index.txt
serial=serial
crlnumber=crlnumber
new_certs_dir=.
default_md=sm3
policy=any
unique_subject=no
default_crl_days=30
[any]
commonName=supplied
serialNumber=optional
"""


def utc(unix_s) -> str:
    return time.strftime("%y%m%d%H%M%SZ", time.gmtime(unix_s))


def with_certificates(grantor: Grantor, *ders: bytes) -> Grantor:
    """The grantor, whose headers bring these certificates instead of a kid."""
    def header(**members):
        chain = [base64.b64encode(der).decode() for der in ders]
        return {name: value for name, value in
                {"alg": grantor.alg, "typ": "consent+jwt", "x5c": chain, **members}.items()
                if value is not None}

    grantor.header = header
    return grantor


def write_authority(folder: Path, name: str, root_pem: bytes, lists: dict, **members):
    """`name`.json with its root and lists; `members` replace its own."""
    (folder / f"{name}.pem").write_bytes(root_pem)
    place = folder / f"{name}-crls"
    place.mkdir(exist_ok=True)
    for file, content in lists.items():
        (place / file).write_bytes(content)
    document = {"root": f"{name}.pem", "crls": place.name, "crl_max_age_hours": 48,
                "uscc": {"subject": "serialNumber"}, **members}
    (folder / f"{name}.json").write_text(json.dumps(document))


class Sm2Ca:
    """One authority with its key; `issue` signs for others, under any distinguishing id."""

    def __init__(self, folder: Path, name: str, issuer: "Sm2Ca" = None, extensions=CA, distid=SM2_ID):
        self.folder = folder / name
        self.folder.mkdir()
        (self.folder / "ca.conf").write_text(CONFIG)
        (self.folder / "index.txt").touch()
        (self.folder / "serial").write_text("1000")
        (self.folder / "crlnumber").write_text("01")
        self.key = openssl("genpkey", "-algorithm", "SM2")
        (self.folder / "key.pem").write_bytes(self.key)
        signer = issuer or self
        self.pem = signer.sign(self.key, f"/CN={name}", extensions, distid=distid, is_root=issuer is None)
        (self.folder / "cert.pem").write_bytes(self.pem)
        self.der = openssl("x509", "-outform", "DER", stdin=self.pem)

    def run(self, *words, stdin=b"", is_root=False) -> bytes:
        cert = [] if is_root else ["-cert", self.folder / "cert.pem"]
        conf = (self.folder / "ca.conf").read_text().replace(
            "=index.txt", f"={self.folder}/index.txt").replace("=serial", f"={self.folder}/serial").replace(
            "=crlnumber", f"={self.folder}/crlnumber").replace("certs_dir=.", f"certs_dir={self.folder}")
        used = self.folder / "used.conf"
        used.write_text(conf)
        return openssl("ca", "-batch", "-notext", "-config", used, "-keyfile", self.folder / "key.pem",
                       *cert, *words, stdin=stdin)

    def sign(self, key: bytes, subject: str, extensions: str, *, distid=SM2_ID, begins=None, ends=None,
             is_root=False) -> bytes:
        now = int(time.time())
        request = self.folder / "request.pem"
        pem = self.folder / "request.key"
        pem.write_bytes(key)
        alg = "-sm3" if is_sm2(key) else "-sha256"
        id_option = ["-sigopt", f"distid:{SM2_ID}"] if is_sm2(key) else []
        request.write_bytes(openssl("req", "-new", "-config", "/dev/null", "-key", pem, alg, *id_option,
                                    "-subj", subject))
        keyid = "subjectKeyIdentifier=hash\n" + ("" if is_root else "authorityKeyIdentifier=keyid:always\n")
        (self.folder / "ext").write_text(keyid + extensions)
        return self.run("-in", request, "-extfile", self.folder / "ext", "-sigopt", f"distid:{distid}",
                        *(["-vfyopt", f"distid:{SM2_ID}"] if is_sm2(key) else []),
                        *(["-selfsign"] if is_root else []), "-startdate", utc(begins or now - DAY_S),
                        "-enddate", utc(ends or now + 300 * DAY_S), is_root=is_root)

    def issue(self, iss: str, subject: str, extensions=SIGNER, **how) -> Sm2Grantor:
        """A signer with its certificate, in `der`."""
        grantor = Sm2Grantor(iss)
        grantor.pem_cert = self.sign(grantor.key, subject, extensions, **how)
        grantor.der = openssl("x509", "-outform", "DER", stdin=grantor.pem_cert)
        return grantor

    def revoke(self, pem: bytes):
        path = self.folder / "revoked.pem"
        path.write_bytes(pem)
        self.run("-revoke", path)

    def crl(self, distid=SM2_ID, updated=None) -> bytes:
        updated = updated or int(time.time()) - 60
        return self.run("-gencrl", "-sigopt", f"distid:{distid}", "-crl_lastupdate", utc(updated),
                        "-crl_nextupdate", utc(updated + 30 * DAY_S))


def is_sm2(key: bytes) -> bool:
    return b"SM2" in openssl("pkey", "-text", "-noout", stdin=key)


class P256Ca:
    """The same by python3-cryptography, which lets everything be wrong."""

    def __init__(self, name: str, issuer: "P256Ca" = None, **how):
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.revoked = []
        self.cert = (issuer or self).sign(self.key.public_key(), self.name, is_ca=True, **how)

    @property
    def der(self) -> bytes:
        return self.cert.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.cert.public_bytes(serialization.Encoding.PEM)

    def sign(self, public_key, name, *, is_ca=False, usage=("digital_signature", "content_commitment"),
             extended=None, constraints=True, begins=None, ends=None, digest=hashes.SHA256, more=()):
        now = int(time.time())
        usage = ("key_cert_sign", "crl_sign") if is_ca else usage
        names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
                 "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
        builder = (x509.CertificateBuilder().subject_name(name).issuer_name(self.name)
                   .public_key(public_key).serial_number(x509.random_serial_number())
                   .not_valid_before(datetime.datetime.utcfromtimestamp(begins or now - DAY_S))
                   .not_valid_after(datetime.datetime.utcfromtimestamp(ends or now + 300 * DAY_S))
                   .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), False)
                   .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
                       self.key.public_key()), False))
        if usage is not None:
            builder = builder.add_extension(
                x509.KeyUsage(**{name: name in usage for name in names}), True)
        if is_ca:
            builder = builder.add_extension(x509.BasicConstraints(constraints, None), True)
        if extended:
            builder = builder.add_extension(x509.ExtendedKeyUsage(extended), False)
        for extension in more:
            builder = builder.add_extension(extension, False)
        return builder.sign(self.key, digest())

    def issue(self, iss: str, code=None, key=None, **how) -> P256Grantor:
        grantor = P256Grantor(iss)
        attributes = [x509.NameAttribute(NameOID.COMMON_NAME, "Enterprise")]
        attributes += [x509.NameAttribute(NameOID.SERIAL_NUMBER, code)] if code else []
        grantor.cert = self.sign((key or grantor.key).public_key(), x509.Name(attributes), **how)
        grantor.der = grantor.cert.public_bytes(serialization.Encoding.DER)
        return grantor

    def revoke(self, cert):
        self.revoked.append(x509.RevokedCertificateBuilder().serial_number(cert.serial_number)
                            .revocation_date(datetime.datetime.utcnow()).build())

    def crl(self, updated=None) -> bytes:
        updated = datetime.datetime.utcfromtimestamp(updated or int(time.time()) - 60)
        builder = (x509.CertificateRevocationListBuilder().issuer_name(self.name).last_update(updated)
                   .next_update(updated + datetime.timedelta(days=30)))
        for entry in self.revoked:
            builder = builder.add_revoked_certificate(entry)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH


def rsa_key():
    return rsa.generate_private_key(65537, 2048)


def in_extension(text: bytes, tag=0x0C):
    """The organisation's code as a UTF8String (or another type) in the extension of CAs in China."""
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(ORGANISATION), bytes([tag, len(text)]) + text)
