"""A verifier of access logs that shares no line with the program: written from docs/access-log.md alone.

    verify_log.py LOGDIR VKEY

Prints the number of records and of those that a signature covers. Exit: 0 wholly covered, 3 partly, 1 tampered."""

import base64
import calendar
import hashlib
import json
import os
import re
import struct
import sys
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ENTRY, DETAIL, COMMIT, CHECKPOINT, SEAL = 1, 2, 3, 4, 5
TOLD = b"\0"  # in place of a box
DECISIONS = {"access": "allow", "deny": "deny", "denysum": "deny"}
KEYS = ["bank", "commit", "decision", "enterprise", "epoch", "index", "kind", "nonce", "prev", "time", "v"]
TABLE = []
for n in range(256):
    for _ in range(8):
        n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
    TABLE.append(n)


class Tampered(Exception):
    pass


def demand(claim, what):
    if not claim:
        raise Tampered(what)


def checksum(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 255]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def leaf_hash(record):
    return hashlib.sha256(b"\0" + record).digest()


def root_of(peaks):
    """Folds the roots of complete subtrees, largest first, into the root of RFC 6962."""
    if not peaks:
        return hashlib.sha256(b"").digest()
    root = peaks[-1][1]
    for _, left in reversed(peaks[:-1]):
        root = hashlib.sha256(b"\1" + left + root).digest()
    return root


def add_leaf(peaks, leaf):
    peaks.append((1, leaf))
    while len(peaks) > 1 and peaks[-1][0] == peaks[-2][0]:
        size, right = peaks.pop()
        _, left = peaks.pop()
        peaks.append((2 * size, hashlib.sha256(b"\1" + left + right).digest()))


def frames(data, salt):
    """(type, batch, number, payload, size) of each frame; then nothing, or the bytes that are none."""
    at = 4096
    while data[at:at + 24].strip(b"\0") or data[at:].strip(b"\0"):
        crc, length, kind, batch, number = struct.unpack_from("<IIIIQ", data.ljust(at + 24, b"\0"), at)
        size = (24 + length + 7) & ~7
        frame = data[at:at + size]
        if not 1 <= length <= 65535 or len(frame) < size or crc != checksum(salt + frame[4:]):
            yield None, None, None, data[at:], 0
            return
        demand(not frame[24 + length:].strip(b"\0"), "padding")
        yield kind, batch, number, frame[24:24 + length], size
        at += size


class Log:
    def __init__(self, vkey):
        self.name, key_id, key = vkey.split("+", 2)
        key = base64.b64decode(key)
        demand(hashlib.sha256(self.name.encode() + b"\n" + key).hexdigest()[:8] == key_id, "vkey")
        self.key_id, self.key = bytes.fromhex(key_id), Ed25519PublicKey.from_public_bytes(key[1:])
        self.peaks, self.head, self.time, self.size, self.batch, self.signed = [], bytes(32), 0, 0, 1, 0
        self.roots, self.before, self.newest = {0: root_of([])}, None, None

    def checkpoint(self, note):
        text, _, signatures = note.decode().rpartition("\n\n")
        origin, size, root, _ = (text + "\n").split("\n", 3)
        demand(origin == self.name, "origin")
        lines = [line.split(" ") for line in signatures.splitlines()]
        ours = [base64.b64decode(line[2]) for line in lines if line[1] == self.name]
        ours = [bytes_ for bytes_ in ours if bytes_[:4] == self.key_id]
        demand(ours, "no signature")
        try:
            self.key.verify(ours[0][4:], (text + "\n").encode())
        except InvalidSignature:
            raise Tampered("signature") from None
        return int(size), base64.b64decode(root)

    def record(self, payload):
        record = json.loads(payload)
        again = json.dumps(record, separators=(",", ":"), sort_keys=True, ensure_ascii=True).encode()
        demand(list(record) == KEYS and again == payload, "spelling")
        demand(record["index"] == self.size and record["v"] == 1, "index")
        demand(record["prev"] == b64url(self.head), "prev")
        demand(record["time"] >= self.time, "time")
        demand(record["epoch"] == time.strftime("%Y-%m", time.gmtime(record["time"])), "epoch")
        demand(record["decision"] == DECISIONS.get(record["kind"], "none"), "decision")
        self.head, self.time = leaf_hash(payload), record["time"]
        add_leaf(self.peaks, self.head)
        self.size += 1
        self.before, self.newest = self.newest, record

    def told(self, batch_first):
        """The newest record has no box: it is the outcome that the access before it told."""
        demand(self.newest["kind"] == "outcome" and self.size - 2 >= batch_first, "told")
        demand(self.before["kind"] == "access" and self.before["commit"] == self.newest["commit"], "told")

    def commit(self, payload, first, n_bytes):
        says = struct.unpack("<QIIQQ32s32s", payload)
        means = (first, self.size - first, 0, self.batch, n_bytes, self.head, root_of(self.peaks))
        demand(says == means, "commit")

    def segment(self, data, is_last):
        """Returns the bytes of an incomplete batch at the end; only the last segment may have any."""
        origin = data[114:114 + struct.unpack_from("<H", data, 112)[0]].decode()
        demand(data[:16] == b"HFLOG\0\1\n" + struct.pack("<HHI", 1, 0, 4096), "magic")
        demand(checksum(data[:4092]) == struct.unpack_from("<I", data, 4092)[0], "header")
        demand(data[16:88] == struct.pack("<Q", self.size) + self.head + root_of(self.peaks), "continuation")
        demand(origin == self.name, "origin")
        first, n_bytes, kinds, saved = self.size, 0, [], (list(self.peaks), self.head, self.time, self.size)
        sealed, torn = False, 0
        for kind, batch, number, payload, size in frames(data, data[88:104]):
            if kind is None:
                demand(is_last and not sealed, "damage")
                torn = len(payload)
                break
            demand(not sealed and batch == self.batch % 2**32, "batch")
            demand(number == self.size - (kind == DETAIL), "number")
            n_bytes, kinds = n_bytes + size, kinds + [kind]
            demand(kind != ENTRY or len(kinds) % 2 == 1, "order")
            demand(kind != DETAIL or kinds[-2:] == [ENTRY, DETAIL], "order")
            if kind == ENTRY:
                self.record(payload)
            elif kind == DETAIL and payload == TOLD:
                self.told(first)
            elif kind != DETAIL:
                demand(kind in (COMMIT, CHECKPOINT, SEAL), "type")
                demand(len(kinds) % 2 == 1 and (len(kinds) > 1) == (kind == COMMIT), "order")
                if kind == COMMIT:
                    self.commit(payload, first, n_bytes)
                if kind == CHECKPOINT:
                    demand(self.checkpoint(payload) == (self.size, root_of(self.peaks)), "checkpoint")
                    self.signed = self.size
                sealed = kind == SEAL
                first, n_bytes, kinds, self.batch = self.size, 0, [], self.batch + 1
                saved = (list(self.peaks), self.head, self.time, self.size)
                self.roots[self.size] = root_of(self.peaks)
        demand(sealed or is_last, "seal")
        self.peaks, self.head, self.time, self.size = saved
        return torn + n_bytes


def verify(folder, vkey):
    log, torn = Log(vkey), 0
    names = sorted(name for name in os.listdir(folder + "/wal") if not name.startswith("."))
    for name in names:
        demand(re.fullmatch(r"\d{20}\.hfl", name) and int(name[:20]) == log.size, "name")
        with open(f"{folder}/wal/{name}", "rb") as segment:
            torn = log.segment(segment.read(), name == names[-1])
    with open(folder + "/checkpoint", "rb") as note:
        size, root = log.checkpoint(note.read())
    demand(log.roots.get(size) == root, "checkpoint")
    log.signed = max(log.signed, size)
    return log, torn


def main():
    try:
        log, torn = verify(sys.argv[1], sys.argv[2])
    except (Tampered, ValueError, struct.error) as fault:
        print("tampered:", fault)
        return 1
    print(f"records {log.size} signed {log.signed} torn {torn} last {calendar.timegm(time.gmtime(log.time))}")
    return 0 if log.signed == log.size and not torn else 3


if __name__ == "__main__":
    sys.exit(main())
