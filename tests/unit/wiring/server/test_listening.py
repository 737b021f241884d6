"""Where a server listens, and with which certificate: what is wrong is told before anybody is served."""

import socket
import subprocess
from dataclasses import replace

import pytest

from servers import certificate as a_certificate
from stairlift.model.errors import StairliftError, UsageError
from stairlift.wiring.config.serve import ServeSettings
from stairlift.wiring.server.listening import address_of, certificate, is_free, listen, only_here

ANY = ServeSettings(port=0)


def test_it_listens_where_it_is_told():
    (one,) = listen(ANY)
    with one:
        host, port = one.getsockname()
        assert host == "127.0.0.1"
        assert address_of(one, secure=False) == f"http://127.0.0.1:{port}"
        assert address_of(one, secure=True).startswith("https://")
        socket.create_connection((host, port), 5).close()


def test_what_is_answered_goes_out_at_once():
    """A head and a body are two packets: by Nagle's rule the second waits until the first was acknowledged, for 40 ms."""
    (one,) = listen(ANY)
    one.setblocking(True)
    with one, socket.create_connection(one.getsockname()[:2], 5), one.accept()[0] as accepted:
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_all_addresses_of_a_name_have_one_port():
    found = listen(replace(ANY, host="localhost"))
    assert len({one.getsockname()[1] for one in found}) == 1
    for one in found:
        one.close()


def test_a_port_that_somebody_has_is_named():
    (first,) = listen(ANY)
    with first:
        taken = replace(ANY, port=first.getsockname()[1])
        assert not is_free(taken)
        with pytest.raises(StairliftError) as refused:
            listen(taken)
    assert (refused.value.code, refused.value.exit_code) == ("serve.port_taken", 1)
    assert str(taken.port) in refused.value.brief
    assert is_free(taken)


@pytest.mark.parametrize("host", ["192.0.2.77", "no-such-name.invalid"])
def test_an_address_of_another_machine_is_a_setting_that_is_wrong(host):
    with pytest.raises(UsageError) as refused:
        listen(replace(ANY, host=host))
    assert refused.value.code == "serve.no_address"


def test_who_reaches_it():
    assert all(only_here(replace(ANY, host=host)) for host in ("127.0.0.1", "::1", "localhost", "127.9.9.9"))
    assert not any(only_here(replace(ANY, host=host)) for host in ("0.0.0.0", "::", "ops1.example.com"))


def test_a_certificate_with_its_key_is_taken(tmp_path):
    assert certificate(ANY) is None
    chain, key = a_certificate(tmp_path)
    assert certificate(replace(ANY, tls_cert=chain, tls_key=key)) is not None


@pytest.mark.parametrize("which", ["missing", "no certificate", "another's key", "a key with a password"])
def test_one_that_cannot_be_used_is_named(tmp_path, which):
    chain, key = a_certificate(tmp_path)
    match which:
        case "missing":
            chain = tmp_path / "nowhere.pem"
        case "no certificate":
            chain.write_text("hello")
        case "another's key":
            other = tmp_path / "other"
            other.mkdir()
            _, key = a_certificate(other)
        case _:
            locked = tmp_path / "locked.pem"
            words = ("openssl", "pkey", "-in", key, "-out", locked, "-aes256", "-passout", "pass:secret")
            subprocess.run(words, check=True, capture_output=True)
            key = locked
    with pytest.raises(UsageError) as refused:
        certificate(replace(ANY, tls_cert=chain, tls_key=key))
    assert refused.value.code == "serve.bad_certificate"
    assert str(chain) in refused.value.brief
