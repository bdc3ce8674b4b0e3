"""Large answers: bounded memory, whatever the pace of the bank and of the source."""

import base64
import hashlib
import json
import shutil
import subprocess
import time

import pytest

from support.deployment import A, PAYMENT, consent_fields, content_digest

MEGABYTE = 1 << 20
BODY_BYTES = 256 * MEGABYTE
GROWTH_BYTES = 8 * MEGABYTE
ITEM = {"item": "增值税", "kind": "normal", "period_from": "2024-01-01", "period_to": "2024-01-31",
        "paid_amount": 88012.50, "treasury_date": "2024-02-14", "voucher_no": "335018000000000012",
        "account_no": "6222020000000000000", "declared_by": "张三"}


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A department that holds 256 MB about one enterprise, and a gateway that lets them pass."""
    from support.deployment import Deployment
    folder = tmp_path_factory.mktemp("large")
    (folder / "htdocs" / "payment").mkdir(parents=True)
    row = json.dumps(ITEM, ensure_ascii=False).encode()
    block = b",".join([row] * 1000) + b","
    with open(folder / "htdocs" / "payment" / f"{A}.json", "wb") as file:
        file.write(b'{"uscc":"%s","items":[' % A.encode())
        while file.tell() < BODY_BYTES:
            file.write(block)
        file.write(row + b"]}")
    (folder / "deployment").mkdir()
    with Deployment(folder / "deployment") as gateway:
        gateway.configure(lambda config: config.setdefault("limits", {}).update(
            max_body_bytes=512 * MEGABYTE))
        gateway.serve("tax", htdocs=folder / "htdocs")
        gateway.serve("samr")
        gateway.start()
        for _ in range(20):  # everything that is allocated once, is
            gateway.ask(f"/samr/registration/{A}.json", consent=gateway.token())
        yield gateway
    shutil.rmtree(folder)  # 256 MB that pytest would keep


def watch(gateway, process) -> int:
    """The highest RSS of hufud until the process ends."""
    highest = 0
    while process.poll() is None:
        highest = max(highest, gateway.rss_bytes())
        time.sleep(0.01)
    return highest


def fetch(gateway, *options):
    bank = gateway.banks["a"]
    head = [word for name, value in consent_fields(gateway.token()) for word in ("-H", f"{name}: {value}")]
    return subprocess.Popen(
        ["curl", "-sS", "--http2", "--cacert", str(gateway.ca), "--cert", str(bank.cert),
         "--key", str(bank.key), *head, *options, "-D", str(gateway.folder / "large.head"),
         "-w", "%{http_code} %{size_download}", "-o", str(gateway.folder / "large.body"),
         gateway.url + PAYMENT], stdout=subprocess.PIPE, text=True)


def test_256_megabytes_pass_with_bounded_memory(large):
    before = large.rss_bytes()
    process = fetch(large)
    highest = watch(large, process)
    status, n_bytes = process.communicate()[0].split()
    assert (process.returncode, status) == (0, "200")
    assert int(n_bytes) > 150 * MEGABYTE
    assert highest - before < GROWTH_BYTES, f"{(highest - before) / MEGABYTE:.1f} MiB"
    digest = hashlib.sha256()
    with open(large.folder / "large.body", "rb") as file:
        while block := file.read(MEGABYTE):
            digest.update(block)
    head = (large.folder / "large.head").read_text()
    assert "declared_by" not in open(large.folder / "large.body", encoding="utf-8").read(MEGABYTE)
    assert f"sha-256=:{base64.b64encode(digest.digest()).decode()}:" in head


def test_a_slow_reader_costs_no_memory(large):
    before = large.rss_bytes()
    process = fetch(large, "--limit-rate", "64M")
    highest = watch(large, process)
    assert process.communicate()[0].split()[0] == "200" and process.returncode == 0
    assert highest - before < GROWTH_BYTES, f"{(highest - before) / MEGABYTE:.1f} MiB"


def test_many_readers_that_do_not_read_cost_little_each(large):
    """Each holds what fits into the windows and buffers of its stream, and no more."""
    n_readers = 20
    before = large.rss_bytes()
    token = large.token()
    with large.client(give_windows=False, keep_bodies=False) as client:
        streams = [client.request(PAYMENT, consent_fields(token)) for _ in range(n_readers)]
        client.drain(2)
        held = large.rss_bytes() - before
        assert sum(client.answers[s].n_bytes for s in streams) <= 65535
        for stream in streams:
            client.cancel(stream)
    assert held < n_readers * MEGABYTE, f"{held / MEGABYTE:.1f} MiB"


@pytest.mark.smoke
def test_a_paused_reader_gets_every_byte_once_it_reads(deploy):
    gateway = deploy()
    gateway.tax = gateway.fake("tax")
    gateway.start()
    document = {"uscc": A, "items": [ITEM] * 5000}
    gateway.tax.answer = lambda request, out: out.document(document)
    with gateway.client(give_windows=False) as client:
        stream = client.request(PAYMENT, consent_fields(gateway.token()))
        client.drain(0.5)
        answer = client.answers[stream]
        assert 0 < answer.n_bytes <= 65535
        while not answer.over:
            client.give(stream, 32768)
            client.drain(0.002)
    assert answer.complete
    assert answer.trailers["content-digest"] == content_digest(bytes(answer.body))
    assert len(json.loads(bytes(answer.body))["items"]) == 5000


def test_an_answer_to_a_slow_bank_is_not_read_ahead_from_the_source(deploy):
    """The bank's pace reaches the source: what it has sent is bounded while nobody reads."""
    gateway = deploy()
    gateway.tax = gateway.fake("tax")
    gateway.start()
    sent = []

    def answer(request, out):
        row = (json.dumps(ITEM) + ",").encode() * 50
        out.respond()
        out.data(b'{"uscc":"%s","items":[' % A.encode())
        while True:
            out.data(row)
            sent.append(len(row))
    gateway.tax.answer = answer
    with gateway.client(give_windows=False, keep_bodies=False) as client:
        client.request(PAYMENT, consent_fields(gateway.token()))
        client.drain(1)
        assert sum(sent) < 8 * MEGABYTE
        first = sum(sent)
        client.drain(0.5)
        assert sum(sent) == first
