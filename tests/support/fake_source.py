"""A department that can misbehave: a small HTTP/2 server over TLS, and what it was asked.

    source = FakeSource(port, cert, key)
    source.answer = lambda request, out: out.document({"uscc": "…"})

`answer` runs in a thread of its own for each request. It says what happens by `out`: document(),
respond(), data(), end(), reset(), or nothing at all, and the stream stays silent.
"""

import json
import select
import socket
import ssl
import threading
import time
from dataclasses import dataclass

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings
from hyperframe.frame import HeadersFrame

CONNECTION_WINDOW_BYTES = 1 << 20
SEND_TIMEOUT_S = 30


@dataclass
class Request:
    method: str
    path: str
    fields: list  # (name, value) in order, pseudo-header fields included
    body: bytes
    at: float  # time.monotonic()

    def field(self, name):
        return dict(self.fields).get(name)


class Gone(Exception):
    """The other end has reset the stream or left."""


class Out:
    """The answering side of one stream."""

    def __init__(self, connection, stream):
        self.connection = connection
        self.stream = stream

    def _do(self, act):
        with self.connection.lock:
            self._check()
            try:
                act(self.connection.h2)
            except h2.exceptions.ProtocolError as error:
                raise Gone(str(error)) from error
            self.connection.flush()

    def _check(self):
        if self.connection.closed or self.stream in self.connection.reset:
            raise Gone

    def respond(self, status=200, fields=(("content-type", "application/json"),), end=False):
        head = [(":status", str(status)), *fields]
        self._do(lambda c: c.send_headers(self.stream, head, end_stream=end))

    def data(self, data):
        """Bytes, as the other end's windows allow; raises Gone when it hangs up."""
        view = memoryview(data)
        while len(view):
            with self.connection.lock:
                self._check()
                conn = self.connection.h2
                try:
                    room = min(conn.local_flow_control_window(self.stream), conn.max_outbound_frame_size)
                    if room > 0:
                        conn.send_data(self.stream, bytes(view[:room]))
                        view = view[room:]
                        self.connection.flush()
                except h2.exceptions.ProtocolError as error:
                    raise Gone(str(error)) from error
                if room <= 0:
                    self.connection.windows.wait(1)

    def frame(self, data, padding=None):
        """One DATA frame, also an empty one, once the windows have room for it and its padding."""
        n_bytes = len(data) + (0 if padding is None else 1 + padding)
        with self.connection.lock:
            self._check()
            while self.connection.h2.local_flow_control_window(self.stream) < n_bytes:
                self.connection.windows.wait(1)
                self._check()
            self._do(lambda c: c.send_data(self.stream, data, pad_length=padding))

    def end(self):
        self._do(lambda c: c.end_stream(self.stream))

    def trailers(self, fields):
        self._do(lambda c: c.send_headers(self.stream, list(fields), end_stream=True))

    def stray_head(self, fields):
        """HEADERS where none may stand: h2 itself would not send them."""
        with self.connection.lock:
            self._check()
            frame = HeadersFrame(self.stream, self.connection.h2.encoder.encode(list(fields)))
            frame.flags.add("END_HEADERS")
            self.connection.socket.sendall(frame.serialize())

    def reset(self, code=h2.errors.ErrorCodes.INTERNAL_ERROR):
        self._do(lambda c: c.reset_stream(self.stream, code))

    def document(self, value, **how):
        """A whole answer: JSON text, bytes or a value."""
        text = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
        self.respond(**how)
        self.data(text)
        self.end()

    def hang_up(self):
        """Ends the connection without a word."""
        self.connection.close()


class _Connection:
    def __init__(self, source, sock):
        self.source = source
        self.socket = sock
        self.lock = threading.RLock()
        self.windows = threading.Condition(self.lock)
        self.reset = set()
        self.requests = {}
        self.closed = False
        self.h2 = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=False, header_encoding="utf-8",
                                      validate_outbound_headers=False))
        self.h2.local_settings = h2.settings.Settings(client=False, initial_values={
            h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: 1000})

    def flush(self):
        data = self.h2.data_to_send()
        if data:
            try:
                self.socket.settimeout(SEND_TIMEOUT_S)
                self.socket.sendall(data)
            except OSError as error:
                self.close()
                raise Gone(str(error)) from error

    def receive(self) -> bytes:
        """What has arrived. One thread at a time may use a TLS socket, so nobody waits inside it."""
        while True:
            if not self.socket.pending():
                select.select([self.socket], [], [])
            with self.lock:
                self.socket.settimeout(0)
                try:
                    return self.socket.recv(1 << 16)
                except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    continue

    def close(self):
        with self.lock:
            if not self.closed:
                self.closed = True
                try:
                    self.socket.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                self.socket.close()
            self.windows.notify_all()

    def serve(self):
        try:
            with self.lock:
                self.h2.initiate_connection()
                self.h2.increment_flow_control_window(CONNECTION_WINDOW_BYTES)
                self.flush()
            while True:
                data = self.receive()
                if not data:
                    break
                with self.lock:
                    for event in self.h2.receive_data(data):
                        self._note(event)
                    self.windows.notify_all()
                    self.flush()
        except (OSError, Gone, ValueError, h2.exceptions.ProtocolError):
            pass
        finally:
            self.close()

    def _note(self, event):
        if isinstance(event, h2.events.RequestReceived):
            fields = [tuple(f) for f in event.headers]
            names = dict(fields)
            self.requests[event.stream_id] = Request(names[":method"], names[":path"], fields, b"",
                                                     time.monotonic())
        elif isinstance(event, h2.events.DataReceived):
            self.requests[event.stream_id].body += event.data
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            self.source.begin(self.requests.pop(event.stream_id), Out(self, event.stream_id))
        elif isinstance(event, h2.events.StreamReset):
            self.reset.add(event.stream_id)
            self.source.resets.append((event.stream_id, time.monotonic()))


class FakeSource:
    """Listens until close(); `requests` is what it was asked, in order."""

    def __init__(self, port, cert, key):
        self.requests = []
        self.resets = []
        self.answer = lambda request, out: out.respond(404, end=True)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(str(cert), str(key))
        self._context.set_alpn_protocols(["h2"])
        self._connections = []
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", port))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    def _serve(self, raw):
        try:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = _Connection(self, self._context.wrap_socket(raw, server_side=True))
        except (OSError, ssl.SSLError):
            raw.close()
            return
        self._connections.append(connection)
        connection.serve()

    def begin(self, request, out):
        self.requests.append(request)
        threading.Thread(target=self._answer, args=(request, out), daemon=True).start()

    def _answer(self, request, out):
        try:
            self.answer(request, out)
        except Gone:
            pass

    def close(self):
        # shutdown() wakes the accept() that close() alone would leave waiting
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        for connection in self._connections:
            connection.close()
