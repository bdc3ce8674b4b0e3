"""A small HTTP/2 client that keeps everything it sees, with the time at which it saw it.

It can do what curl cannot: tell DATA from trailers from RST_STREAM, hold windows shut, leave a body
unfinished, send what is not allowed. One thread, one connection; `until()` reads what arrives.
"""

import socket
import ssl
import time
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings
from hyperframe.frame import GoAwayFrame

WINDOW_BYTES = 65535


@dataclass
class Answer:
    """One stream as the client saw it; times are time.monotonic()."""

    stream: int
    asked_at: float
    status: int = 0
    fields: dict = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)
    n_bytes: int = 0
    trailers: dict = field(default_factory=dict)
    headers_at: float = None
    first_byte_at: float = None
    ended_at: float = None
    complete: bool = False  # END_STREAM was seen
    reset: int = None  # the error code of a RST_STREAM

    @property
    def over(self) -> bool:
        return self.complete or self.reset is not None

    @property
    def code(self) -> str:
        """The code of a problem, or None."""
        import json
        if self.fields.get("content-type") != "application/problem+json":
            return None
        return json.loads(bytes(self.body))["code"]

    @property
    def index(self) -> int:
        """Of the record that `access-log` names."""
        return int(self.fields["access-log"].split(" ")[1])


class Closed(Exception):
    """The connection is gone."""


def tls_context(ca, cert=None, key=None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(ca))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["h2"])
    if cert:
        context.load_cert_chain(str(cert), str(key))
    return context


class _Connection(h2.connection.H2Connection):
    """Streams that were open go on after a GOAWAY (RFC 9113 6.8), which h2 does not allow."""

    def __init__(self, config):
        super().__init__(config)
        self._frame_dispatch_table[GoAwayFrame] = self._receive_goaway

    def _receive_goaway(self, frame):
        event = h2.events.ConnectionTerminated()
        event.error_code = frame.error_code
        event.last_stream_id = frame.last_stream_id
        return [], [event]


class Client:
    """A connection. With give_windows=False nothing is acknowledged but by `give()`."""

    def __init__(self, port, context, *, give_windows=True, initial_window=WINDOW_BYTES,
                 keep_bodies=True, receive_buffer=None, timeout=20):
        self.port = port
        self.give_windows = give_windows
        self.keep_bodies = keep_bodies
        self.timeout = timeout
        self.answers = {}
        self.goaway = None
        self.closed = False
        raw = socket.socket()
        if receive_buffer:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        raw.settimeout(timeout)
        raw.connect(("127.0.0.1", port))
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(raw, server_hostname="localhost")
        self.h2 = _Connection(h2.config.H2Configuration(
            client_side=True, header_encoding="utf-8", validate_outbound_headers=False,
            normalize_outbound_headers=False, validate_inbound_headers=True))
        self.h2.local_settings = h2.settings.Settings(client=True, initial_values={
            h2.settings.SettingCodes.ENABLE_PUSH: 0,
            h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: initial_window})
        self.h2.initiate_connection()
        self._flush()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def close(self):
        self.closed = True
        self.socket.close()

    # --- sending ---

    def _flush(self):
        data = self.h2.data_to_send()
        if data:
            try:
                self.socket.sendall(data)
            except OSError as error:
                self.closed = True
                raise Closed(str(error)) from error

    def request(self, path, fields=(), *, method="GET", body=None, authority=None, end=True) -> int:
        """Sends a request; the number of its stream. With end=False its body stays open."""
        stream = self.h2.get_next_available_stream_id()
        head = [(":method", method), (":scheme", "https"),
                (":authority", authority or f"localhost:{self.port}"), (":path", path), *fields]
        has_body = body is not None
        self.answers[stream] = Answer(stream, time.monotonic())
        self.h2.send_headers(stream, head, end_stream=end and not has_body)
        if has_body:
            self.write(stream, body, end=end)
        self._flush()
        return stream

    def write(self, stream, data, end=False):
        """Body bytes, as the windows allow."""
        view = memoryview(data)
        while len(view):
            room = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size)
            if room <= 0:
                self._read()
                if self.answers[stream].over:
                    return
                continue
            self.h2.send_data(stream, bytes(view[:room]))
            view = view[room:]
            self._flush()
        if end:
            self.h2.end_stream(stream)
            self._flush()

    def give(self, stream, n_bytes):
        """Opens the windows of the stream and the connection."""
        self.h2.increment_flow_control_window(n_bytes, stream)
        self.h2.increment_flow_control_window(n_bytes)
        self._flush()

    def cancel(self, stream, code=h2.errors.ErrorCodes.CANCEL):
        self.h2.reset_stream(stream, code)
        self._flush()

    # --- reading ---

    def _read(self, seconds=None):
        self.socket.settimeout(self.timeout if seconds is None else max(seconds, 0.001))
        try:
            data = self.socket.recv(1 << 17)
        except socket.timeout:
            return False
        except OSError as error:
            self.closed = True
            raise Closed(str(error)) from error
        if not data:
            self.closed = True
            raise Closed("end of the connection")
        now = time.monotonic()
        try:
            events = self.h2.receive_data(data)
        except h2.exceptions.ProtocolError as error:
            self.closed = True
            raise Closed(f"the server broke HTTP/2: {error!r}") from error
        for event in events:
            self._note(event, now)
        try:
            self._flush()
        except Closed:
            pass  # what had arrived was read; the next read tells
        return True

    def _note(self, event, now):
        if isinstance(event, h2.events.ConnectionTerminated):
            self.goaway = int(event.error_code)
            return
        answer = self.answers.get(getattr(event, "stream_id", None))
        if answer is None:
            return
        if isinstance(event, h2.events.ResponseReceived):
            answer.fields = dict(event.headers)
            answer.status = int(answer.fields.pop(":status"))
            answer.headers_at = now
        elif isinstance(event, h2.events.DataReceived):
            answer.first_byte_at = answer.first_byte_at or now
            answer.n_bytes += len(event.data)
            if self.keep_bodies:
                answer.body += event.data
            if self.give_windows and event.flow_controlled_length:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.TrailersReceived):
            answer.trailers = dict(event.headers)
        elif isinstance(event, h2.events.StreamEnded):
            answer.complete, answer.ended_at = True, now
        elif isinstance(event, h2.events.StreamReset):
            answer.reset, answer.ended_at = int(event.error_code), now

    def until(self, condition, timeout=None):
        """Reads until the condition holds; whether it did in time. Closed when the connection ends."""
        end = time.monotonic() + (self.timeout if timeout is None else timeout)
        while not condition():
            left = end - time.monotonic()
            if left <= 0:
                return False
            self._read(left)
        return True

    def drain(self, seconds):
        """Reads whatever arrives for so long, or until the connection ends."""
        try:
            self.until(lambda: False, seconds)
        except Closed:
            pass

    def finish(self, *streams) -> list:
        """The answers of these streams, each of them over."""
        done = self.until(lambda: all(self.answers[s].over for s in streams))
        assert done, f"streams {[s for s in streams if not self.answers[s].over]} do not end"
        return [self.answers[s] for s in streams]

    def ask(self, path, fields=(), **how) -> Answer:
        """One request and its whole answer."""
        return self.finish(self.request(path, fields, **how))[0]
