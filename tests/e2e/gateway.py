"""A deployment of its own for a test: laid out by `hufu init`, with departments and hufud running."""
import base64
import hashlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from h2peer import Bank

SOURCE = pathlib.Path(os.environ.get("HUFU_SOURCE_ROOT", pathlib.Path(__file__).parents[2]))
BUILD = pathlib.Path(os.environ.get("HUFU_BUILD", SOURCE / "build"))

ENTERPRISE = "91350100M000100Y43"
BANK_A = "911100001000044477"
BANK_B = "91100000100003962T"
PAYMENT = f"/tax/payment/{ENTERPRISE}.json"


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def free_ports(n):
    """The first of n free ports in a row."""
    for base in range(20000 + os.getpid() % 20000, 64000, n):
        sockets = []
        try:
            for port in range(base, base + n):
                s = socket.socket()
                sockets.append(s)
                s.bind(("127.0.0.1", port))
            return base
        except OSError:
            continue
        finally:
            for s in sockets:
                s.close()
    raise RuntimeError("no free ports")


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def wait_for(what, timeout=10.0):
    end = time.monotonic() + timeout
    while not what():
        if time.monotonic() > end:
            raise TimeoutError("it did not come about")
        time.sleep(0.01)


class Gateway:
    def __init__(self, hufu, folder, program=None):
        self.folder = pathlib.Path(folder)
        self.program = program or BUILD / "gateway" / "hufud"
        self.port = free_ports(5)
        ran = hufu("init", self.folder, "--port", str(self.port), "--examples", SOURCE / "examples")
        assert ran.code == 0, ran
        self.hufu = hufu
        self.departments = []
        self.process = None
        self.said = self.folder / "hufud.log"
        self.n_tokens = 0

    # --- files

    @property
    def config(self):
        return json.loads((self.folder / "hufud.json").read_text())

    def configure(self, **members):
        """Sets members of hufud.json; a dict is merged one level deep."""
        config = self.config
        for name, value in members.items():
            if isinstance(value, dict):
                config.setdefault(name, {}).update(value)
            else:
                config[name] = value
        (self.folder / "hufud.json").write_text(json.dumps(config, indent=1))

    def demo(self, name):
        return self.folder / "demo" / name

    # --- departments

    def start_department(self, name, htdocs=None):
        """nghttpd, the real thing: plain files under the examples' folder."""
        port = self.port + {"tax": 3, "samr": 4}[name]
        htdocs = htdocs or SOURCE / "examples" / "sources" / name
        process = subprocess.Popen(
            ["nghttpd", f"--htdocs={htdocs}", "--address=127.0.0.1", str(port),
             str(self.demo(f"sources/{name}.key")), str(self.demo(f"sources/{name}.pem"))],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.departments.append(process)
        wait_for(lambda: listens(port))
        return process

    def use_source(self, name, port):
        sources = self.config["sources"]
        sources[name]["url"] = f"https://127.0.0.1:{port}"
        self.configure(sources=sources)

    # --- the daemon

    def start(self, env=None):
        with open(self.said, "ab") as said:
            self.process = subprocess.Popen(
                [str(self.program), "--config", str(self.folder / "hufud.json")], stderr=said,
                stdout=said, env={**os.environ, **(env or {})})
        wait_for(lambda: listens(self.port) or self.process.poll() is not None, 30)
        assert self.process.poll() is None, self.said.read_text()
        return self

    def stop(self, timeout=40):
        """SIGTERM; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def reload(self):
        before = len(self.said.read_text())
        self.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "reloaded:" in self.said.read_text()[before:])
        return self.said.read_text()[before:]

    def close(self):
        for process in [self.process, *self.departments]:
            if process and process.poll() is None:
                process.kill()
                process.wait()

    def rss_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines()
                    if line.startswith("VmRSS"))

    # --- tokens

    @property
    def claims(self):
        return json.loads(self.demo("enterprise/claims.json").read_text())

    def sign(self, payload, typ="consent+jwt", key="demo/enterprise/enterprise.key", header=None):
        private = load_pem_private_key((self.folder / key).read_bytes(), None)
        jwks = next(self.folder.glob(f"grantors/uscc_{payload['iss'][5:]}.jwks"), None)
        kid = json.loads(jwks.read_text())["keys"][0]["kid"] if jwks else "nobody"
        head = {"alg": "Ed25519", "typ": typ, "kid": kid, **(header or {})}
        text = ".".join(b64url(json.dumps(part).encode()) for part in (head, payload))
        return f"{text}.{b64url(private.sign(text.encode()))}"

    def consent(self, **changes):
        """A token of the enterprise for the first bank; a change of None leaves the claim out."""
        self.n_tokens += 1
        now = int(time.time())
        claims = {"ver": 1, "jti": b64url(os.urandom(24)), "iat": now, "nbf": now,
                  "nonce": b64url(os.urandom(24)), **self.claims, **changes}
        return self.sign({name: value for name, value in claims.items() if value is not None})

    def revocation(self, token, reason="withdrawn"):
        claims = payload_of(token)
        return self.sign({"ver": 1, "iss": claims["iss"], "aud": claims["aud"],
                          "jti": b64url(os.urandom(24)), "revokes": claims["jti"],
                          "iat": int(time.time()), "reason": reason},
                         typ="consent-revocation+jwt")

    # --- requests

    def bank(self, name="bank-a", **options):
        return Bank(options.pop("port", self.port), self.folder / "ca" / "ca.pem",
                    self.demo(f"{name}/bank.pem"), self.demo(f"{name}/bank.key"), **options)

    def stranger(self, **options):
        return Bank(self.port + 1, self.folder / "ca" / "ca.pem", **options)

    def query(self, path=PAYMENT, *consents, bank="bank-a", purpose="pre_loan", actions="query",
              fields=(), **options):
        with self.bank(bank) as connection:
            return connection.ask("GET", path,
                                  [*access(*consents, purpose=purpose, actions=actions), *fields],
                                  **options)

    def post(self, path, token, bank="bank-a"):
        with self.bank(bank) as connection:
            return connection.ask("POST", path, [("content-type", "application/jwt")],
                                  token.encode())

    def register(self, token):
        answer = self.post("/consents", token)
        assert answer.status == 201, answer
        return name_of(token)

    def ops(self, path):
        with socket.create_connection(("127.0.0.1", self.port + 2), timeout=5) as s:
            s.sendall(f"GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
            text = b""
            while piece := s.recv(65536):
                text += piece
        head, _, body = text.partition(b"\r\n\r\n")
        return int(head.split()[1]), body.decode()

    def metric(self, name):
        for line in self.ops("/metrics")[1].splitlines():
            if line.startswith(f"hufu_{name} "):
                return int(line.split()[1])
        raise KeyError(name)

    # --- the log

    def records(self, *words):
        """Records and details as `hufu log show` prints them to the operator."""
        ran = self.hufu("log", "show", self.folder / "log", "--key",
                        self.folder / "keys/operator.key", "--json", *words)
        assert ran.code == 0, ran
        return [json.loads(line) for line in ran.out.splitlines()]

    def record(self, index):
        (record,) = self.records("--index", index)
        return record

    def verify_log(self):
        """The exit status of an auditor's verification."""
        return self.hufu("audit", "verify", self.folder / "log", "--policy",
                         self.folder / "auditor/log.policy").code


def access(*consents, purpose="pre_loan", actions="query"):
    """The request fields of an access: tokens, or names `iss;jti`."""
    fields = [("consent-id" if ";" in c else "consent", c) for c in consents]
    if purpose:
        fields.append(("consent-purpose", purpose))
    if actions:
        fields.append(("consent-actions", actions))
    return fields


def payload_of(token):
    text = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def name_of(token):
    claims = payload_of(token)
    return f"{claims['iss']};{claims['jti']}"


def problem(answer):
    """The code of a refusal, after its form was checked."""
    assert answer.headers["content-type"] == "application/problem+json", answer
    body = json.loads(answer.body)
    assert body["status"] == answer.status and body["type"] == f"urn:hufu:problem:{body['code']}"
    if "access_log" in body:
        assert answer.headers["access-log"] == body["access_log"]
    return body["code"]


def log_index(answer):
    return int(answer.headers["access-log"].rsplit(" ", 1)[1])


def digest_of(body):
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
