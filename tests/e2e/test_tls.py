"""What the listeners speak: TLS 1.3 and h2 or nothing, no tickets, a certificate where one is due."""
import socket
import ssl

import pytest


def context(gateway, alpn=("h2",), bank="a"):
    made = ssl.create_default_context(cafile=str(gateway.ca))
    if alpn:
        made.set_alpn_protocols(list(alpn))
    if bank:
        made.load_cert_chain(str(gateway.banks[bank].cert), str(gateway.banks[bank].key))
    return made


def connect(gateway, made, port=None):
    raw = socket.create_connection(("127.0.0.1", port or gateway.port), timeout=5)
    return made.wrap_socket(raw, server_hostname="localhost")


def speaks(gateway, made, port=None):
    """Whether the server answers the preface with SETTINGS."""
    try:
        with connect(gateway, made, port) as sock:
            sock.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
            return sock.recv(9)[3:4] == b"\x04"
    except (OSError, ssl.SSLError):
        return False


def test_tls_13_with_aes_128_gcm_and_h2(gateway):
    with connect(gateway, context(gateway)) as sock:
        assert sock.version() == "TLSv1.3"
        assert sock.selected_alpn_protocol() == "h2"
        assert sock.cipher()[0] == "TLS_AES_128_GCM_SHA256"
    assert speaks(gateway, context(gateway))


@pytest.mark.parametrize("listener", ["banks", "public"])
def test_nothing_older_than_tls_13(gateway, listener):
    made = context(gateway)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises((ssl.SSLError, OSError)):
        connect(gateway, made, gateway.port + (listener == "public"))


@pytest.mark.parametrize("alpn", [(), ("http/1.1",), ("h3", "http/1.1")], ids=str)
def test_nothing_but_h2(gateway, alpn):
    assert not speaks(gateway, context(gateway, alpn))
    assert not speaks(gateway, context(gateway, alpn), gateway.port + 1)


def test_h2_is_found_behind_others(gateway):
    assert speaks(gateway, context(gateway, ("http/1.1", "h2")))


def test_no_tickets_and_no_resumption(gateway):
    made = context(gateway)
    with connect(gateway, made) as sock:
        sock.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
        sock.recv(100)
        assert not (sock.session and sock.session.has_ticket)
        assert not sock.session_reused


def test_a_bank_shows_a_certificate_and_the_public_need_not(gateway):
    assert not speaks(gateway, context(gateway, bank=None))
    assert speaks(gateway, context(gateway, bank=None), gateway.port + 1)


def test_what_is_no_tls_is_cut(gateway):
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=5) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
        data = raw.recv(100)
        assert b"HTTP" not in data  # an alert, or nothing
