"""The bank's end of HTTP/2, frame by frame where a test needs it (python3-h2 over ssl)."""
import socket
import ssl
import time

import h2.config
import h2.connection
import h2.events
import h2.settings


class Answer:
    def __init__(self):
        self.status = None
        self.headers = {}
        self.trailers = {}
        self.body = b""
        self.reset = None  # error code of RST_STREAM
        self.ended = False
        self.first_byte_at = None

    @property
    def whole(self):
        return self.ended and self.reset is None

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:400]!r} {self.trailers} reset={self.reset}"


class Bank:
    """One TLS connection of one bank. With window=0 nothing is given back: a reader that stalls."""

    def __init__(self, port, ca, cert=None, key=None, host="127.0.0.1", authority=None, timeout=20,
                 window=None):
        context = ssl.create_default_context(cafile=str(ca))
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.set_alpn_protocols(["h2"])
        if cert:
            context.load_cert_chain(str(cert), str(key))
        self.authority = authority or f"localhost:{port}"
        raw = socket.create_connection((host, port), timeout=timeout)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(raw, server_hostname="localhost")
        self.h2 = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=True, header_encoding="utf-8",
                                      validate_outbound_headers=False,
                                      normalize_outbound_headers=False))
        self.h2.initiate_connection()
        self.answers = {}
        self.goaway = None
        self.closed = False
        self.credit = window is None
        if window is not None:
            self.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window})
        self.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.closed = True
        self.socket.close()

    def flush(self):
        data = self.h2.data_to_send()
        if data:
            self.socket.sendall(data)

    def send(self, method, path, fields=(), body=None, authority=None):
        """Sends a request, returns its stream's id."""
        stream = self.h2.get_next_available_stream_id()
        head = [(":method", method), (":scheme", "https"),
                (":authority", authority or self.authority), (":path", path), *fields]
        self.h2.send_headers(stream, head, end_stream=body is None)
        if body is not None:
            for at in range(0, len(body), 16000):
                self.h2.send_data(stream, body[at:at + 16000])
            self.h2.end_stream(stream)
        self.answers[stream] = Answer()
        self.flush()
        return stream

    def pump(self, timeout=None):
        """Reads once; False when the peer has closed."""
        if timeout is not None:
            self.socket.settimeout(timeout)
        try:
            data = self.socket.recv(65536)
        except (TimeoutError, socket.timeout):
            raise
        except OSError:
            data = b""
        if not data:
            self.closed = True
            return False
        for event in self.h2.receive_data(data):
            self.note(event)
        self.flush()
        return True

    def note(self, event):
        answer = self.answers.get(getattr(event, "stream_id", None))
        if isinstance(event, h2.events.ConnectionTerminated):
            self.goaway = event.error_code
        if answer is None:
            return
        if isinstance(event, h2.events.ResponseReceived):
            answer.first_byte_at = time.monotonic()
            answer.headers = dict(event.headers)
            answer.status = int(answer.headers.pop(":status"))
        elif isinstance(event, h2.events.DataReceived):
            answer.body += event.data
            if self.credit:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.TrailersReceived):
            answer.trailers = dict(event.headers)
        elif isinstance(event, h2.events.StreamEnded):
            answer.ended = True
        elif isinstance(event, h2.events.StreamReset):
            answer.reset = int(event.error_code)

    def wait(self, stream, timeout=20):
        answer = self.answers[stream]
        end = time.monotonic() + timeout
        while not answer.ended and answer.reset is None and not self.closed:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"no end of stream {stream}: {answer}")
            self.pump(left)
        return answer

    def ask(self, method, path, fields=(), body=None, **options):
        timeout = options.pop("timeout", 20)
        return self.wait(self.send(method, path, fields, body, **options), timeout)
