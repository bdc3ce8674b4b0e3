"""Opens sealed details from docs/access-log.md alone: a second opinion on the box, the commitment and the tags.

    open_detail.py LOGDIR OPERATOR_KEY TAG_KEY BANK      prints each detail; says which records are the bank's"""

import base64
import hashlib
import hmac
import json
import os
import struct
import sys

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

import verify_log


def hchacha20(key, nonce):
    """The core of ChaCha20 without its last addition (draft-irtf-cfrg-xchacha 2.2)."""
    state = list(struct.unpack("<4I", b"expand 32-byte k") + struct.unpack("<8I", key) + struct.unpack("<4I", nonce))

    def quarter(a, b, c, d):
        for x, y, z, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            state[x] = (state[x] + state[y]) & 0xFFFFFFFF
            mixed = state[z] ^ state[x]
            state[z] = (mixed << turn | mixed >> (32 - turn)) & 0xFFFFFFFF

    for _ in range(10):
        for i in range(4):
            quarter(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return struct.pack("<8I", *state[:4], *state[12:])


def decrypt(key, nonce, cipher, ad):
    return ChaCha20Poly1305(hchacha20(key, nonce[:16])).decrypt(bytes(4) + nonce[16:], cipher, ad)


def from_b64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def open_box(box, key, origin, index, commit):
    """The detail and its salt."""
    kid = hashlib.sha256(b"hufu/kid" + key).digest()[:8]
    assert box[0] == 1
    slots = [box[2 + 80 * i:82 + 80 * i] for i in range(box[1])]
    slot = next(slot for slot in slots if slot[:8] == kid)
    data_key = decrypt(key, slot[8:32], slot[32:], b"hufu/wrap")
    front = box[:2 + 80 * box[1] + 24]
    bound = hashlib.sha256(front + origin + struct.pack(">Q", index) + commit).digest()
    plain = decrypt(data_key, front[-24:], box[len(front):], bound)
    salt, length = plain[:32], struct.unpack(">I", plain[32:36])[0]
    detail = plain[36:36 + length]
    assert len(plain) % 256 == 0 and not plain[36 + length:].strip(b"\0") and len(plain) - 36 - length < 256
    assert hashlib.sha256(b"hufu/c" + plain[:36 + length]).digest() == commit
    return detail, salt


def mac(key, *parts):
    return hmac.new(key, b"".join(parts), "sha256").digest()


def is_banks(record, tag_key, bank):
    key = mac(tag_key, b"hufu/kb", record["epoch"].encode(), bank.encode())
    return mac(key, b"hufu/b", from_b64url(record["nonce"]))[:16] == from_b64url(record["bank"])


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
                yield record, open_box(payload, key, origin, number, from_b64url(record["commit"]))[0]


def read_key(path):
    with open(path, encoding="ascii") as file:
        return from_b64url(file.read().strip())


def main():
    folder, key, tag_key, bank = sys.argv[1], read_key(sys.argv[2]), read_key(sys.argv[3]), sys.argv[4]
    for record, detail in details(folder, key):
        print(record["index"], "bank" if is_banks(record, tag_key, bank) else "-", detail.decode())


if __name__ == "__main__":
    main()
