"""A department that misbehaves on demand: HTTP/2 over TLS, one thread a connection (python3-h2).

Each path is answered by what `answers` holds for it: a function of (source, stream, headers), which
may wait, send half of it, or say something else than it should.
"""
import socket
import ssl
import threading
import time

import h2.config
import h2.connection
import h2.events


class Source:
    def __init__(self, cert, key):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(str(cert), str(key))
        context.set_alpn_protocols(["h2"])
        self.context = context
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.answers = {}
        self.requests = []  # (time, headers, body)
        self.resets = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(raw,), daemon=True).start()

    def stop(self):
        self.listener.close()

    def serve(self, raw):
        try:
            Connection(self, self.context.wrap_socket(raw, server_side=True)).run()
        except (OSError, ssl.SSLError):
            pass


class Connection:
    def __init__(self, source, sock):
        self.source = source
        self.socket = sock
        self.lock = threading.RLock()
        self.h2 = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.flush()
        self.heads = {}
        self.bodies = {}

    def flush(self):
        with self.lock:
            data = self.h2.data_to_send()
            if data:
                self.socket.sendall(data)

    def run(self):
        while True:
            data = self.socket.recv(65536)
            if not data:
                return
            with self.lock:
                events = self.h2.receive_data(data)
            for event in events:
                self.note(event)
            self.flush()

    def note(self, event):
        if isinstance(event, h2.events.RequestReceived):
            self.heads[event.stream_id] = dict(event.headers)
            self.bodies[event.stream_id] = b""
        elif isinstance(event, h2.events.DataReceived):
            self.bodies[event.stream_id] += event.data
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamReset):
            self.source.resets += 1
        elif isinstance(event, h2.events.StreamEnded):
            head = self.heads[event.stream_id]
            self.source.requests.append((time.monotonic(), head, self.bodies[event.stream_id]))
            answer = self.source.answers.get(head[":path"])
            threading.Thread(target=self.answer, args=(event.stream_id, answer), daemon=True).start()

    def answer(self, stream, answer):
        try:
            if answer is None:
                self.head(stream, 404, end=True)
            else:
                answer(self, stream)
        except (OSError, h2.exceptions.ProtocolError, h2.exceptions.StreamClosedError):
            pass

    # --- what an answer is made of

    def head(self, stream, status=200, content_type="application/json", end=False, extra=()):
        fields = [(":status", str(status))]
        if content_type:
            fields.append(("content-type", content_type))
        with self.lock:
            self.h2.send_headers(stream, [*fields, *extra], end_stream=end)
        self.flush()

    def data(self, stream, data, end=False):
        """Sends as the peer's windows allow."""
        view = memoryview(data)
        while len(view):
            with self.lock:
                room = min(self.h2.local_flow_control_window(stream), 16384, len(view))
                if room > 0:
                    self.h2.send_data(stream, bytes(view[:room]))
            if room > 0:
                self.flush()
                view = view[room:]
            else:
                time.sleep(0.002)
        if end:
            with self.lock:
                self.h2.end_stream(stream)
            self.flush()

    def reset(self, stream, code=2):
        with self.lock:
            self.h2.reset_stream(stream, code)
        self.flush()

    def whole(self, stream, body, **options):
        self.head(stream, **options)
        self.data(stream, body, end=True)


def document(body, **options):
    """An answer that is whole and in order."""
    return lambda connection, stream: connection.whole(stream, body, **options)
