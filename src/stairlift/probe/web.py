"""How the requests of a meter go out: each as of a program that was just started, with one time-out for all of it."""

import ssl
from collections.abc import Mapping

from stairlift.openstack.direct import Address, Response, any_certificate, file_or_folder, get
from stairlift.openstack.user import Certificates


class Web:
    """Sends requests; `timeout` is in seconds, for all of a request. Safe to use from many threads."""

    def __init__(self, certificates: Certificates, timeout: float) -> None:
        self._proving = _context(certificates)
        self._believing = _context(Certificates(verify=False, own=certificates.own))
        self._timeout = timeout

    def get(self, url: str, headers: Mapping[str, str], *, verify: bool = True) -> Response:
        """Raises ValueError for what is no address, and what `direct.get` raises.

        A backend is asked by an address that its certificate does not name: not `verify`.
        """
        tls = self._proving if verify else self._believing
        return get(Address.of(url), headers, within=self._timeout, tls=tls)


def _context(certificates: Certificates) -> ssl.SSLContext:
    context = _proven(certificates.authorities) if certificates.verify else any_certificate()
    if isinstance(certificates.own, tuple):
        context.load_cert_chain(*certificates.own)
    elif certificates.own:
        context.load_cert_chain(certificates.own)
    return context


def _proven(authorities: str | None) -> ssl.SSLContext:
    """Where authorities are named, nobody else is believed."""
    file, folder = file_or_folder(authorities)
    return ssl.create_default_context(cafile=file, capath=folder)
