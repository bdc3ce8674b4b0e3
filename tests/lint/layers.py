"""Arrows between folders point down, each foreign library has one door, and bytes leave by one way.

    base <- crypto <- { consent, policy, audit } <- gateway
                                                 <- cli
"""

import fnmatch
import os
import re

import common

BELOW = {
    "base": {"base"},
    "crypto": {"base", "crypto"},
    "consent": {"base", "crypto", "consent"},
    "policy": {"base", "crypto", "policy"},
    "audit": {"base", "crypto", "audit"},
    "gateway": {"base", "crypto", "consent", "policy", "audit", "gateway"},
    "cli": {"base", "crypto", "consent", "policy", "audit", "cli"},
}

# The tool speaks HTTP/2 by the gateway's client, turns consents into grants as the gateway does, and
# knows nothing else of the gateway.
CLI_MAY_ALSO = {"gateway/client.h", "gateway/grant.h"}

# Who may know consent, policy and audit at once: the decision, and what only holds their objects.
KNOWS_ALL_THREE = {"gateway/decide.c", "gateway/worker.h"}

DOORS = {
    "<nghttp2/*>": ["gateway/h2_*"],
    "<sodium.h>": ["crypto/*"],
    "<openssl/*>": ["crypto/*", "gateway/tls.c"],
    "<leveldb/*>": ["base/store.c"],
    "<uv.h>": ["gateway/loop.c"],
    "<malloc.h>": ["gateway/main.c"],  # the heap of the daemon is tuned in one place
    "<jansson.h>": [],  # an oracle in fuzzing only
    "<zlib.h>": ["base/deflate.c"],
    "<seccomp.h>": ["gateway/sandbox.c"],
    "<libpq-fe.h>": [],
}

# The ways out towards a client, and who takes them. What a source has sent passes the redactor and
# then the gate; answer.c writes what is our own.
EXITS = {
    "hf_h2_respond": {"gateway/gate.c", "gateway/answer.c"},
    "hf_h2_stream_write": {"gateway/answer.c"},
    "hf_h2_stream_give": {"gateway/gate.c"},
    "hf_h2_stream_end": {"gateway/gate.c", "gateway/answer.c"},
    "hf_gate_respond": {"gateway/exchange_answer.c"},
    "hf_gate_give": {"gateway/exchange_states.c"},
    "hf_gate_end": {"gateway/exchange_answer.c"},
    "hf_redact_push": {"gateway/exchange_body.c"},
}
EXIT = re.compile(r"\b(" + "|".join(EXITS) + r")\(")

SYSTEM = re.compile(
    r"<(sys/\w+|linux/\w+|netinet/\w+|arpa/inet|net/if|assert|ctype|dirent|endian|errno|fcntl|fnmatch|ftw|"
    r"getopt|grp|immintrin|inttypes|libgen|limits|locale|netdb|poll|pthread|pwd|sched|signal|"
    r"spawn|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|stdnoreturn|string|"
    r"strings|syslog|termios|time|unistd)\.h>")


def check_arrow(path, header):
    folder = path.split("/")[0]
    if "/" not in header:
        return f'"{header}": includes are relative to the root'
    target = header.split("/")[0]
    if target not in BELOW:
        return f'"{header}": the program includes nothing outside its folders'
    if target not in BELOW[folder] and not (folder == "cli" and header in CLI_MAY_ALSO):
        return f'{folder} must not know {target} ("{header}")'
    return None


def check_door(path, header):
    for library, doors in DOORS.items():
        if fnmatch.fnmatch(header, library):
            if any(fnmatch.fnmatch(path, door) for door in doors):
                return None
            return f"{header} belongs behind its door: {', '.join(doors) or 'nowhere in the program'}"
    if SYSTEM.fullmatch(header):
        return None
    return f"{header} has no door: add it to DOORS in tests/lint/layers.py on purpose"


def check_exits(path, text):
    if not path.startswith("gateway/") or not path.endswith(".c"):
        return
    code = common.code(text)
    for match in EXIT.finditer(code):
        is_definition = not code[code.rfind("\n", 0, match.start()) + 1].isspace()
        if not is_definition and path not in EXITS[match.group(1)]:
            yield (f"{path}:{common.line_of(code, match.start())}: {match.group(1)}() is a way out for "
                   f"{', '.join(sorted(EXITS[match.group(1)]))} alone")


def check(root):
    for path in common.product(root):
        text = common.read(root, path)
        known = set()
        first = None
        for line, header in common.includes(text):
            first = first or header
            known.add(header.split("/")[0])
            problem = check_door(path, header) if header[0] == "<" else check_arrow(path, header)
            if problem:
                yield f"{path}:{line}: {problem}"
        if {"consent", "policy", "audit"} <= known and path not in KNOWS_ALL_THREE:
            if not path.startswith("cli/"):
                yield f"{path}: knows consent, policy and audit at once; that is for gateway/decide.c"
        yield from check_exits(path, text)
        own = path[:-2] + ".h"
        if path.endswith(".c") and os.path.exists(os.path.join(root, own)) and first != own:
            yield f'{path}: its own header "{own}" must come first'
        if path.endswith(".h") and "#pragma once" not in text:
            yield f"{path}: no #pragma once"


if __name__ == "__main__":
    common.main(check)
