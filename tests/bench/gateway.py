"""CPU per request of hufud and of nghttpx on the same body, in one run, interleaved.

Both stand between the same load generator (client certificate, HTTP/2 over TLS 1.3) and the same
nghttpd. hufud judges a consent, redacts the body, searches its free text for identifiers and writes
two durable records for each request; nghttpx only forwards. CPU is the scheduler's run time of all
threads of the proxy; machines change their speed within seconds, so each round runs all variants
one after the other and the figures are medians of the rounds.
"""

import argparse
import base64
import json
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SUBJECT = "91350100M000100Y43"
PATH = f"/payment/{SUBJECT}.json"


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, text=True, **options)


def wait_for(port, process):
    for _ in range(200):
        if process.poll() is not None:
            sys.exit(f"{process.args[0]} ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit(f"nothing listens on port {port}")


def cpu_ns(pid):
    """Run time of every thread of a process, by the scheduler's own count."""
    return sum(
        int((task / "schedstat").read_text().split()[0])
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
    )


ORDINARY_NOTE = "按期申报，税款已足额入库；附加税费随主税一并缴清"


def write_body(folder, size, has_identifiers):
    """A tax answer of about `size` bytes, in the shape of the example department. Its notes are of
    an ordinary kind, or those of the example, which name persons by number."""
    sample = json.loads((ROOT / "examples/sources/tax" / PATH[1:]).read_text())
    rows = sample["items"]
    for row in rows:
        if "note" in row and not has_identifiers:
            row["note"] = ORDINARY_NOTE
    sample["items"] = []
    while len(json.dumps(sample, ensure_ascii=False).encode()) < size - 200:
        sample["items"].append(dict(rows[len(sample["items"]) % len(rows)]))
    target = folder / PATH[1:]
    target.parent.mkdir(parents=True)
    target.write_text(json.dumps(sample, ensure_ascii=False, separators=(",", ":")))
    return target.stat().st_size


class Proxies:
    """One deployment, one source with one body, and the two proxies before it."""

    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.build = ROOT / options.build
        self.deployment = folder / "gateway"
        self.processes = []

    def hufu(self, *arguments, **options):
        return run(self.build / "cli/hufu", *arguments, capture_output=True, **options).stdout

    def start(self, port, *command, core=0):
        log = open(self.folder / f"{port}.log", "w")
        process = subprocess.Popen(["taskset", "-c", str(core), *map(str, command)],
                                   stdout=log, stderr=log)
        self.processes.append(process)
        wait_for(port, process)
        return process.pid

    def stop(self):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
            process.wait(30)

    def deploy(self):
        d = self.deployment
        self.hufu("init", d, "--port", self.options.port)
        config = json.loads((d / "hufud.json").read_text())
        config["workers"] = 1
        (d / "hufud.json").write_text(json.dumps(config))
        self.body_bytes = write_body(self.folder / "htdocs", self.options.body,
                                     self.options.identifiers)
        claims = json.loads((d / "demo/enterprise/claims.json").read_text())
        claims["fetch"] = {"max_total": 100000}
        (self.folder / "claims.json").write_text(json.dumps(claims))

    def start_all(self):
        d = self.deployment
        port = self.options.port
        source_port, self.nghttpx_port = port + 3, port + 9
        self.start(source_port, "nghttpd", "-n1", "-d", self.folder / "htdocs", source_port,
                   d / "demo/sources/tax.key", d / "demo/sources/tax.pem", core=1)
        self.source_port = source_port
        self.hufud = self.start(port, self.build / "gateway/hufud", "--config", d / "hufud.json")
        self.nghttpx = self.start(
            self.nghttpx_port, "nghttpx", "--conf=/dev/null", "--workers=1", "--single-process",
            "--errorlog-file=/dev/stderr", "--accesslog-file=/dev/null",
            f"--frontend=127.0.0.1,{self.nghttpx_port}",
            f"--backend=127.0.0.1,{source_port};;proto=h2;tls;sni=localhost",
            f"--cacert={d}/ca/ca.pem", "--verify-client", f"--verify-client-cacert={d}/ca/ca.pem",
            "--tls-min-proto-version=TLSv1.3", d / "keys/tls.key", d / "keys/tls.pem")

    def grant(self):
        """A consent of its own for each run: its 100 000 uses are counted."""
        return self.hufu("consent", "grant", "--key",
                         self.deployment / "demo/enterprise/enterprise.key",
                         "--claims", self.folder / "claims.json").strip()

    def register(self, token):
        d = self.deployment
        self.hufu("post", f"https://localhost:{self.options.port}/consents", token,
                  "--ca", d / "ca/ca.pem", "--cert", d / "demo/bank-a/bank.pem",
                  "--key", d / "demo/bank-a/bank.key")
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return f"{claims['iss']};{claims['jti']}"

    def load(self, port, path, fields, connections=16, streams=16, requests=None):
        d = self.deployment
        command = ["taskset", "-c", "1", self.build / "tests/bench/load",
                   "-n", requests or self.options.requests, "-c", connections, "-m", streams,
                   "--cert", d / "demo/bank-a/bank.pem", "--key", d / "demo/bank-a/bank.key",
                   "--ca", d / "ca/ca.pem"]
        for field in fields:
            command += ["-H", field]
        line = run(*command, f"https://localhost:{port}{path}", capture_output=True).stdout
        return dict(pair.split("=") for pair in line.split())

    def measure(self, variant):
        """CPU microseconds per request and what the load generator saw."""
        kind, how = variant
        token = self.grant()
        if how == "token":
            fields = [f"consent: {token}"]
        else:
            fields = [f"consent-id: {self.register(token)}"]
        fields += ["consent-purpose: pre_loan", "consent-actions: query"]
        port, path, pid = {
            "hufud": (self.options.port, "/tax" + PATH, self.hufud),
            "nghttpx": (self.nghttpx_port, PATH, self.nghttpx),
            "direct": (self.source_port, PATH, None),
        }[kind]
        before = cpu_ns(pid) if pid else 0
        seen = self.load(port, path, fields)
        spent = cpu_ns(pid) - before if pid else 0
        return spent / 1000 / int(seen["requests"]), seen


VARIANTS = [("hufud", "consent-id"), ("nghttpx", "consent-id"), ("hufud", "token"),
            ("nghttpx", "token"), ("direct", "token")]


def compare(proxies, rounds):
    results = {variant: [] for variant in VARIANTS}
    for number in range(rounds):
        for variant in VARIANTS:
            print(f"  round {number + 1} of {rounds}: {' with '.join(variant)}   ", end="\r",
                  file=sys.stderr, flush=True)
            results[variant].append(proxies.measure(variant))
    print(" " * 60, end="\r", file=sys.stderr)
    return results


def median(values):
    return statistics.median(values)


def print_table(results, body_bytes):
    print(f"A body of {body_bytes} bytes at the source; medians of {len(results[VARIANTS[0]])} rounds.")
    print(f"{'':10}{'consent by':12}{'CPU us/req':>11}{'req/s':>9}{'p50 us':>8}{'p99 us':>8}")
    for variant, runs in results.items():
        cpu = f"{median([run[0] for run in runs]):.1f}" if variant[0] != "direct" else "-"
        seen = [f"{median([float(run[1][name]) for run in runs]):.0f}"
                for name in ("rps", "p50_us", "p99_us")]
        print(f"{variant[0]:10}{variant[1]:12}{cpu:>11}{seen[0]:>9}{seen[1]:>8}{seen[2]:>8}")
    for how in ("consent-id", "token"):
        ratios = [ours[0] / theirs[0]
                  for ours, theirs in zip(results["hufud", how], results["nghttpx", how])]
        print(f"ratio hufud / nghttpx, {how}: {median(ratios):.2f} "
              f"(of the rounds: {min(ratios):.2f} to {max(ratios):.2f})")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build-bench", help="folder of a release build")
    parser.add_argument("--port", type=int, default=19443)
    parser.add_argument("--requests", type=int, default=50000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--body", type=int, default=4096, help="bytes of the source's body")
    parser.add_argument("--identifiers", action="store_true",
                        help="let the notes in the body hold identifiers, which hufud masks")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="hufu-bench."))
    proxies = Proxies(options, folder)
    try:
        proxies.deploy()
        proxies.start_all()
        print_table(compare(proxies, options.rounds), proxies.body_bytes)
    finally:
        proxies.stop()
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
