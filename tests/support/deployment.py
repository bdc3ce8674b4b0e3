"""Whole deployments for tests: `hufu init`, departments, hufud, banks and an enterprise.

    with Deployment(folder) as gateway:
        gateway.serve("tax")                  # nghttpd over examples/sources/tax
        gateway.start()
        answer = gateway.ask(PAYMENT, consent=gateway.token())

Everything listens on loopback. Whatever was started is ended by close(), also after a failure.
"""

import base64
import contextlib
import hashlib
import json
import os
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from support import tokens
from support.fake_source import FakeSource
from support.h2client import Client, tls_context

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ["HUFU_BUILD"])
HUFU = BUILD / "cli" / "hufu"
HUFUD = BUILD / "gateway" / "hufud"
HUFUD_OPEN_GATE = BUILD / "tests" / "support" / "hufud_open_gate"
LOAD = BUILD / "tests" / "bench" / "load"
EXAMPLES = ROOT / "examples"

A = "91350100M000100Y43"  # the enterprise that `hufu init` knows
B = "91999999MA0000A00C"  # another one, of which the departments hold data
PAYMENT = f"/tax/payment/{A}.json"
PURPOSE = (("consent-purpose", "pre_loan"), ("consent-actions", "query"))

# A sanitizer makes a program this much slower at most.
PATIENCE = 6 if re.search(r"asan|tsan|sanit", BUILD.name) else 1
SOURCE_PORTS = {"tax": 3, "samr": 4}


N_PORTS = 2000  # for each of the processes that run tests side by side


def free_ports(n=5) -> int:
    """The first of n ports in a row that nobody listens on now."""
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    low = 20000 + process % 6 * N_PORTS
    for _ in range(200):
        first = random.SystemRandom().randrange(low, low + N_PORTS - n)
        sockets = []
        try:
            for port in range(first, first + n):
                sockets.append(socket.socket())
                sockets[-1].bind(("127.0.0.1", port))
            return first
        except OSError:
            continue
        finally:
            for sock in sockets:
                sock.close()
    raise RuntimeError("no free ports")


def wait_for(condition, timeout=10, what="it", interval=0.01):
    """Polls until the condition holds; fails the test after the timeout."""
    end = time.monotonic() + timeout * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout * PATIENCE} s in vain for {what}")
        time.sleep(interval)


@dataclass
class Bank:
    uscc: str
    cert: Path
    key: Path

    @property
    def der(self) -> bytes:
        return ssl.PEM_cert_to_DER_cert(self.cert.read_text())

    @property
    def x5t(self) -> str:
        return tokens.b64url(hashlib.sha256(self.der).digest())


@dataclass
class Answer:
    """What curl got."""

    exit: int
    status: int
    fields: dict
    body: bytes
    trailers: dict
    seconds_to_first_byte: float = 0.0
    words: str = ""

    @property
    def problem(self) -> dict:
        """What a refusal says, after its form was checked."""
        assert self.fields.get("content-type") == "application/problem+json", (self.status, self.body)
        problem = json.loads(self.body)
        assert problem["status"] == self.status, self
        assert problem["type"] == "urn:hufu:problem:" + problem["code"], self
        if "access_log" in problem:
            assert self.fields["access-log"] == problem["access_log"], self
        return problem

    @property
    def code(self) -> str:
        return self.problem["code"]

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def index(self) -> int:
        return int(self.fields["access-log"].rsplit(" ", 1)[1])


def read_head(text: str):
    """(status, fields, trailers) of what `curl -D` wrote."""
    blocks = [block.split("\r\n") for block in text.split("\r\n\r\n")]
    head = [line for line in blocks[0] if line]
    status = int(head[0].split(" ")[1]) if head else 0

    def parse(lines):
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}

    rest = [line for block in blocks[1:] for line in block if line]
    return status, parse(head[1:]), parse(rest)


class Deployment:
    def __init__(self, folder, *, workers=2, limits=None):
        self.folder = Path(folder)
        self.dir = self.folder / "gateway"
        self.port = free_ports()
        self.public_port, self.ops_port = self.port + 1, self.port + 2
        self.url = f"https://localhost:{self.port}"
        self.processes = []
        self.sources = []
        self.hufud = None
        self.n_starts = 0
        self.exit_status = None
        self._contexts = {}
        self.hufu("init", self.dir, "--port", self.port)
        self.origin = self.config()["origin"]
        self.ca = self.dir / "ca" / "ca.pem"
        self.log = self.dir / "log"
        agreements = sorted({p.name.split(".")[0] for p in (self.dir / "agreements").iterdir()})
        by_cert = {}
        for path in (self.dir / "banks").iterdir():
            bank = json.loads(path.read_text())
            by_cert.update({cert: bank["uscc"] for cert in bank["certs"]})
        assert agreements
        self.banks = {}
        for name in ("a", "b"):
            at = self.dir / "demo" / f"bank-{name}"
            bank = Bank("", at / "bank.pem", at / "bank.key")
            bank.uscc = by_cert[hashlib.sha256(bank.der).hexdigest()]
            self.banks[name] = bank
        self.enterprise = tokens.Grantor.load("uscc:" + A, self.dir / "demo/enterprise/enterprise.key")
        self.configure(lambda config: config.update(workers=workers))
        if limits:
            self.configure(lambda config: config.setdefault("limits", {}).update(limits))

    # --- files ---

    def config(self) -> dict:
        return json.loads((self.dir / "hufud.json").read_text())

    def configure(self, change):
        """Edits hufud.json; `change` gets its object. Takes effect with the next start."""
        self.edit("hufud.json", change)

    def edit(self, name, change):
        """Edits a JSON file of the deployment."""
        path = self.dir / name
        value = json.loads(path.read_text())
        change(value)
        path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n")

    def grantor_file(self, iss) -> Path:
        kind, _, name = iss.partition(":")
        return self.dir / "grantors" / f"{kind}_{name}.jwks"

    def add_grantor(self, iss) -> tokens.Grantor:
        grantor = tokens.Grantor(iss)
        document = {"iss": iss, "keys": [grantor.entry()]}
        self.grantor_file(iss).write_text(json.dumps(document))
        return grantor

    # --- departments ---

    def serve(self, *names, htdocs=None):
        """Departments by nghttpd: over `htdocs`, or over the examples."""
        for name in names:
            port = self.port + SOURCE_PORTS[name]
            pem = self.dir / "demo" / "sources"
            log = open(self.folder / f"{name}.log", "ab")
            self.processes.append(subprocess.Popen(
                ["nghttpd", "-a", "127.0.0.1", "-d", str(htdocs or EXAMPLES / "sources" / name), str(port),
                 str(pem / f"{name}.key"), str(pem / f"{name}.pem")], stdout=log, stderr=log))
            log.close()
            wait_for(lambda p=port: can_connect(p), what=f"the department {name}")
        return self.processes[-1]

    def fake(self, name="tax") -> FakeSource:
        """A department that the test answers for."""
        pem = self.dir / "demo" / "sources"
        source = FakeSource(self.port + SOURCE_PORTS[name], pem / f"{name}.pem", pem / f"{name}.key")
        self.sources.append(source)
        return source

    # --- the gateway ---

    @property
    def stderr(self) -> str:
        path = self.folder / f"hufud.{self.n_starts}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def launch(self, program=HUFUD, env=None):
        """Starts hufud and does not wait for it."""
        self.n_starts += 1
        with open(self.folder / f"hufud.{self.n_starts}.log", "wb") as log:
            self.hufud = subprocess.Popen([str(program), "--config", str(self.dir / "hufud.json")],
                                          stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env)
        return self

    def start(self, program=HUFUD, env=None):
        """Starts hufud and waits until it is ready."""
        self.launch(program, env)
        if not self.wait_ready():
            raise AssertionError(f"hufud ended with {self.hufud.returncode}:\n{self.stderr}")
        return self

    def wait_ready(self) -> bool:
        """False when it ended instead."""
        return wait_for(lambda: "ready" if self.ops("/readyz") == 200 else self.hufud.poll() is not None
                        and "ended", what="hufud to be ready:\n" + self.stderr) == "ready"

    def ops(self, path="/readyz", text=False):
        """The status of a request to the ops listener, 0 when nobody listens; or the text."""
        try:
            with socket.create_connection(("127.0.0.1", self.ops_port), timeout=5) as sock:
                sock.sendall(f"GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
                answer = b""
                while chunk := sock.recv(65536):
                    answer += chunk
        except OSError:
            return "" if text else 0
        if text:
            return answer.partition(b"\r\n\r\n")[2].decode()
        return int(answer.split(b" ")[1]) if answer.startswith(b"HTTP/") else 0

    def metric(self, name) -> int:
        """The sum of a metric over its labels."""
        values = re.findall(rf"^{name}(?:{{[^}}]*}})? ([0-9.e+]+)$", self.ops("/metrics", text=True), re.M)
        assert values, f"no metric {name}"
        return int(sum(float(value) for value in values))

    def rss_bytes(self, what="VmRSS") -> int:
        status = Path(f"/proc/{self.hufud.pid}/status").read_text()
        return int(re.search(rf"{what}:\s+(\d+) kB", status).group(1)) * 1024

    def stop(self) -> int:
        """Drains; the exit status, which must be 0: also a leak found at the end fails the test."""
        self.hufud.send_signal(signal.SIGTERM)
        status = self.wait_end()
        assert status == 0, f"hufud ended with {status}:\n{self.stderr}"
        return status

    def wait_end(self, timeout=40) -> int:
        status = self.hufud.wait(timeout * PATIENCE)
        self.hufud, self.exit_status = None, status
        return status

    def kill(self):
        if self.hufud:
            self.hufud.kill()
            self.hufud.wait()
            self.hufud = None

    def close(self):
        hufud, self.hufud = self.hufud, None
        failure = None
        if hufud:
            if hufud.poll() is None:
                hufud.terminate()
            try:
                status = hufud.wait(40 * PATIENCE)
                if status not in (0, -signal.SIGTERM):
                    failure = f"hufud ended with {status}:\n{self.stderr}"
            except subprocess.TimeoutExpired:
                hufud.kill()
                hufud.wait()
                failure = f"hufud does not end:\n{self.stderr}"
        for process in self.processes:
            process.kill()
            process.wait()
        for source in self.sources:
            source.close()
        assert failure is None, failure

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def reload(self, ok=True):
        """SIGHUP, and waits until hufud says what became of it."""
        before = len(self.stderr)
        self.hufud.send_signal(signal.SIGHUP)
        word = "reloaded" if ok else "not reloaded"
        return wait_for(lambda: word in self.stderr[before:] and self.stderr[before:],
                        what=f"'{word}' in:\n{self.stderr}")

    # --- the tool ---

    def hufu(self, *words, stdin=None, check=True):
        run = subprocess.run([str(HUFU), *map(str, words)], input=stdin, capture_output=True, text=True,
                             timeout=120, check=False)
        if check:
            assert run.returncode == 0, f"hufu {words}: {run.returncode}\n{run.stderr}{run.stdout}"
        return run

    def records(self, index=None, first=None) -> list:
        """The log's records with their details opened, as `hufu log show --json` prints them."""
        words = ["log", "show", self.log, "--json", "--key", self.dir / "keys" / "operator.key"]
        words += ["--index", index] if index is not None else []
        run = self.hufu(*words, *(["--from", first] if first is not None else []))
        return [json.loads(line) for line in run.stdout.splitlines()]

    def record(self, index) -> dict:
        return self.records(index)[0]

    def outcome_of(self, access_id):
        """What the log tells of an access's end, by whichever record; None: nothing yet."""
        ends = (told_end(record) for record in self.records())
        return next((end for end in ends if end and end["access_id"] == access_id), None)

    def verify(self, details=False):
        """`hufu audit verify` with what an auditor is given: (exit status, its words)."""
        extra = ["--details", self.dir / "keys" / "operator.key"] if details else []
        run = self.hufu("audit", "verify", self.log, "--policy", self.dir / "auditor" / "log.policy",
                        *extra, check=False)
        return run.returncode, run.stdout + run.stderr

    # --- consents ---

    def token(self, bank="a", grantor=None, scopes=None, max_total=100, **changes) -> str:
        grantor = grantor or self.enterprise
        return grantor.sign(self.claims(bank, grantor, scopes, max_total, **changes))

    def claims(self, bank="a", grantor=None, scopes=None, max_total=100, **changes) -> dict:
        return tokens.claims(grantor or self.enterprise, self.banks[bank], self.url, scopes, max_total,
                             **changes)

    def post(self, path, token, bank="a"):
        """A token to a resource; without a bank, on the public listener."""
        return self.ask(path, bank, body=token, fields=[("content-type", "application/jwt")],
                        port=None if bank else self.public_port)

    def register(self, token, bank="a"):
        """POST /consents."""
        return self.post("/consents", token, bank)

    def revocation(self, token, grantor=None) -> str:
        """The grantor's word that ends the consent of that token."""
        return (grantor or self.enterprise).revoke(tokens.jti_of(token), self.url)

    def revoke(self, token, grantor=None, bank="a"):
        """POST /revocations for the consent of that token."""
        return self.post("/revocations", self.revocation(token, grantor), bank)

    def consent_state(self, token, bank="a") -> dict:
        answer = self.ask(f"/consents/uscc:{A}/{tokens.jti_of(token)}", bank)
        assert answer.status == 200, answer
        return answer.json

    # --- queries ---

    def ask(self, path, bank="a", *, consent=None, purpose=PURPOSE, fields=(), body=None, method=None,
            port=None, options=()) -> Answer:
        """One request by curl. `consent` is a token, `iss;jti`, or a list of them."""
        lines = list(fields)
        consents = [consent] if isinstance(consent, str) else list(consent or [])
        lines += [("consent-id" if ";" in text else "consent", text) for text in consents]
        if consents or not path.startswith(("/consents", "/revocations", "/log")):
            lines += [line for line in purpose if body is None or consents]
        own = ["--cert", str(self.banks[bank].cert), "--key", str(self.banks[bank].key)] if bank else []
        command = ["curl", "-sS", "--http2", "--path-as-is", "--globoff", "--max-time", "60",
                   "--cacert", str(self.ca), *own, "-D", str(self.folder / "head"),
                   "-o", str(self.folder / "body"), "-w", "%{time_starttransfer} %{time_pretransfer}",
                   "-H", "content-type:"]
        for name, value in lines:
            command += ["-H", f"{name}: {value}"]
        if method:
            command += ["-X", method]
        if body is not None:
            command += ["--data-binary", "@-"]
        for path_left in ("head", "body"):
            (self.folder / path_left).write_bytes(b"")
        run = subprocess.run([*command, *options, f"https://localhost:{port or self.port}{path}"],
                             input=body.encode() if isinstance(body, str) else body,
                             capture_output=True, check=False, timeout=90)
        status, head, trailers = read_head((self.folder / "head").read_bytes().decode())
        start, ready = (float(word) for word in run.stdout.decode().split())
        return Answer(run.returncode, status, head, (self.folder / "body").read_bytes(), trailers,
                      start - ready, run.stderr.decode())

    def client(self, bank="a", *, port=None, **how) -> Client:
        """A connection by the recording client."""
        return Client(port or self.port, self.context(bank), **how)

    def stranger(self, **how) -> Client:
        """A connection to the public listener by nobody in particular."""
        return self.client(None, port=self.public_port, **how)

    def context(self, bank="a"):
        if bank not in self._contexts:
            own = self.banks.get(bank)
            self._contexts[bank] = tls_context(self.ca, own and own.cert, own and own.key)
        return self._contexts[bank]


@contextlib.contextmanager
def running():
    """A deployment with both example departments and hufud's defaults; gone at the end."""
    with Deployment(tempfile.mkdtemp(prefix="hufu-e2e.")) as deployment:
        deployment.serve("tax", "samr")
        deployment.start()
        yield deployment
        deployment.stop()


def consent_fields(*consents, purpose="pre_loan", actions="query") -> list:
    """The request fields of an access, for the recording client."""
    return [*(("consent-id" if ";" in text else "consent", text) for text in consents),
            ("consent-purpose", purpose), ("consent-actions", actions)]


def charged(record) -> list:
    """The consents that lost a use by what a record tells of."""
    detail = record["detail"]
    if record["record"]["kind"] != "access":
        return []
    return [name for name in detail.get("consents", []) if name not in detail.get("spared", [])]


def told_end(record):
    """What an outcome commits to, which may be the detail of its access; None: it is no outcome."""
    return record["detail"] if record["record"]["kind"] == "outcome" else None


def content_digest(body: bytes) -> str:
    return "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()).decode() + ":"


def can_connect(port) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False
