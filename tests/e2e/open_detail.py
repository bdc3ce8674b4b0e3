"""Opens sealed details from docs/access-log.md alone: a second opinion on the box, the commitment and the tags.

    open_detail.py LOGDIR OPERATOR_KEY TAG_KEY BANK      prints each detail; says which records are the bank's"""

import base64
import hashlib
import hmac
import json
import os
import struct
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import verify_log


def from_b64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def mac(key, *parts):
    return hmac.new(key, b"".join(parts), "sha256").digest()


def prf(key, *parts):
    return hashlib.sha256(bytes(31) + b"\3" + key + b"".join(parts)).digest()


def open_box(box, key, origin, index, commit):
    """The detail and its salt."""
    assert box[0] == 4
    slots, nonce = [slot for slot in range(8) if box[1] >> slot & 1], box[2:18]
    n_front = 18 + 32 * len(slots)
    for i, slot in enumerate(slots):
        pad = prf(key, b"hufu/wrap", bytes([slot]), nonce)
        data_key = bytes(a ^ b for a, b in zip(box[18 + 32 * i:50 + 32 * i], pad))
        try:
            plain = AESGCM(data_key).decrypt(bytes(12), box[n_front:], box[:n_front] + origin + struct.pack(">Q", index) + commit)
            break
        except InvalidTag:
            pass
    else:
        raise ValueError("not for this key")
    salt, length = plain[:32], struct.unpack(">I", plain[32:36])[0]
    detail = plain[36:36 + length]
    assert len(plain) % 256 == 32 and not plain[36 + length:].strip(b"\0") and len(plain) - 36 - length < 256
    assert hashlib.sha256(b"hufu/c" + plain[:36 + length]).digest() == commit
    return detail, salt


def is_banks(record, tag_key, bank):
    key = mac(tag_key, b"hufu/kb", record["epoch"].encode(), bank.encode())
    return prf(key, b"hufu/b", from_b64url(record["nonce"]))[:16] == from_b64url(record["bank"])


def details(folder, key):
    """(record, detail) of every record, in order."""
    with open(folder + "/origin", "rb") as name:
        origin = name.read().strip()
    for name in sorted(os.listdir(folder + "/wal")):
        with open(f"{folder}/wal/{name}", "rb") as segment:
            data = segment.read()
        for kind, _, number, payload, _ in verify_log.frames(data, data[88:104]):
            if kind == verify_log.ENTRY:
                record = json.loads(payload)
            elif kind == verify_log.DETAIL:
                if payload != verify_log.TOLD:  # else that of the access before, to which both commit
                    detail = open_box(payload, key, origin, number, from_b64url(record["commit"]))[0]
                yield record, detail


def read_key(path):
    with open(path, encoding="ascii") as file:
        return from_b64url(file.read().strip())


def main():
    folder, key, tag_key, bank = sys.argv[1], read_key(sys.argv[2]), read_key(sys.argv[3]), sys.argv[4]
    for record, detail in details(folder, key):
        print(record["index"], "bank" if is_banks(record, tag_key, bank) else "-", detail.decode())


if __name__ == "__main__":
    main()
