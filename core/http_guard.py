"""Where outgoing requests may go. The check is made on the very socket that will carry the request.

A name is resolved once for each connection, every address it gave is checked, and the socket connects to one of those:
a name server that answers differently a moment later (DNS rebinding) changes nothing. TLS still verifies the host name.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from contextvars import ContextVar
from types import TracebackType
from typing import Any

from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from core.http_errors import OutgoingError

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

CONNECT_TIMEOUT = 5.0  # seconds for each address tried
ADDRESSES_TRIED = 4

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNICAST = ipaddress.ip_network("2000::/3")  # all that was ever given out of IPv6
# Not all private in Python's tables, yet never a host on the internet: IETF's own, the relay of 6to4, addresses for books.
_NEVER = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20")))
# The last 64 bits of an address that carries an IPv4 one through a network that speaks ISATAP (RFC 5214).
_ISATAP = {0x00005EFE, 0x02005EFE}


def _stands_for(address: IPAddress) -> IPAddress | None:
    """The IPv4 address that is reached through a mapped or translated IPv6 address."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped


def _tunnels(address: ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses that a packet to it is handed to on the way: by 6to4, Teredo, ISATAP."""
    ends = [address.sixtofour, *(address.teredo or ())]
    if int(address) >> 32 & 0xFFFFFFFF in _ISATAP:
        ends.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [end for end in ends if end is not None]


def is_public(address: IPAddress) -> bool:
    """Whether a request may go there without being listed: neither it nor an IPv4 address inside it is special."""
    inner = _stands_for(address)
    if inner is not None:
        return is_public(inner)
    if any(address in network for network in _NEVER if network.version == address.version):
        return False
    if isinstance(address, ipaddress.IPv6Address) and not (
        address in _UNICAST and all(map(is_public, _tunnels(address)))
    ):
        return False
    special = (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )
    # is_global is also False for 100.64.0.0/10 (carrier-grade NAT), which is_private leaves out.
    return address.is_global and not special


def host_is_listed(host: str, port: int, allow: Iterable[str]) -> bool:
    """Whether OUTGOING_ALLOW names this host, with or without its port. IPv6 with a port needs brackets."""
    host = host.strip("[]").rstrip(".").lower()
    forms = {host, f"[{host}]", f"{host}:{port}" if ":" not in host else "", f"[{host}]:{port}"}
    return any(entry.strip().rstrip(".").lower() in forms for entry in allow if entry.strip())


def address_is_listed(address: IPAddress, allow: Iterable[str]) -> bool:
    """Whether a network of OUTGOING_ALLOW holds this address (or the IPv4 address mapped into it)."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    for entry in allow:
        try:
            network = ipaddress.ip_network(entry.strip().strip("[]"), strict=False)
        except ValueError:
            continue  # a host name
        if any(a is not None and a.version == network.version and a in network for a in (address, mapped)):
            return True
    return False


def check(host: str, port: int, address: IPAddress, *, encrypted: bool) -> None:
    """Refuse an address that OUTGOING_ALLOW does not open. Raises OutgoingError."""
    allow = list(settings.OUTGOING_ALLOW)
    if host_is_listed(host, port, allow) or address_is_listed(address, allow):
        return
    if not is_public(address):
        raise OutgoingError("address_refused", host=_shown(host, port, encrypted), address=str(address))
    if not encrypted:
        raise OutgoingError("plain_http_refused", host=_shown(host, port, encrypted), address=str(address))


def _shown(host: str, port: int, encrypted: bool) -> str:
    """The host as an administrator would list it."""
    host = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return host if port == (443 if encrypted else 80) else f"{host}:{port}"


def resolve(host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[Any, ...]]]:
    """(family, socket address) of every address of `host`. Raises OSError."""
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys((family, address) for family, _type, _proto, _name, address in found))


def looked_up(host: str, port: int, *, encrypted: bool) -> list[tuple[socket.AddressFamily, tuple[Any, ...]]]:
    """As `resolve`, every address of which may be reached. Raises OutgoingError."""
    try:
        found = resolve(host, port)
    except (OSError, UnicodeError) as error:
        raise OutgoingError("unknown_host", host=_shown(host, port, encrypted)) from error
    # All of them, not only the one used: a name that has a private address beside a public one is not to be trusted.
    for _family, target in found:
        check(host, port, ipaddress.ip_address(target[0]), encrypted=encrypted)
    return found


def connect(host: str, port: int, *, encrypted: bool, options: Any = None) -> socket.socket:
    """A connected socket to an address of `host` that may be reached. Raises OutgoingError."""
    shown = _shown(host, port, encrypted)
    found = looked_up(host, port, encrypted=encrypted)
    failure: OSError | None = None
    for family, target in found[:ADDRESSES_TRIED]:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            for option in options or ():
                sock.setsockopt(*option)
            sock.settimeout(CONNECT_TIMEOUT)
            sock.connect(target)
            check(host, port, ipaddress.ip_address(sock.getpeername()[0]), encrypted=encrypted)
            return sock
        except OSError as error:
            sock.close()
            failure = error
        except OutgoingError:
            sock.close()
            raise
    raise OutgoingError("timeout" if isinstance(failure, TimeoutError) else "unreachable", host=shown) from failure


class Lifeline:
    """Cuts the connections used inside the block after `seconds`, however busily a host drips bytes.

    A read time-out alone starts anew with every byte. `cut` tells afterwards whether that is what ended the request.
    """

    def __init__(self, seconds: float) -> None:
        self.cut = False
        self._handles: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Lifeline:
        self._token = _lifeline.set(self)
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        _lifeline.reset(self._token)
        with self._lock:
            for handle in self._handles:
                handle.close()
            self._handles.clear()

    def hold(self, sock: socket.socket) -> None:
        """Keep a second handle on `sock`: TLS takes the first one over, and two threads must not share its object."""
        with self._lock:
            self._handles.append(socket.fromfd(sock.fileno(), sock.family, sock.type))
        if self.cut:
            self._cut()

    def _cut(self) -> None:
        with self._lock:
            self.cut = True
            for handle in self._handles:
                with suppress(OSError):  # already closed by the other side
                    handle.shutdown(socket.SHUT_RDWR)


_lifeline: ContextVar[Lifeline | None] = ContextVar("lifeline", default=None)


def _hold(sock: socket.socket | None) -> None:
    lifeline = _lifeline.get()
    if lifeline is not None and sock is not None:
        lifeline.hold(sock)


def _guarded_socket(connection: HTTPConnection, *, encrypted: bool) -> socket.socket:
    sock = connect(connection._dns_host, connection.port, encrypted=encrypted, options=connection.socket_options)
    sock.settimeout(CONNECT_TIMEOUT)  # for the TLS handshake; urllib3 sets the read time-out afterwards
    _hold(sock)
    return sock


class GuardedHTTPConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _guarded_socket(self, encrypted=False)

    def request(self, *args: Any, **kwargs: Any) -> None:
        _hold(self.sock)  # a connection that is used again
        super().request(*args, **kwargs)


class GuardedHTTPSConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _guarded_socket(self, encrypted=True)

    def request(self, *args: Any, **kwargs: Any) -> None:
        _hold(self.sock)
        super().request(*args, **kwargs)


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = GuardedHTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = GuardedHTTPSConnection


class GuardedAdapter(HTTPAdapter):
    """The only way out: its pools make guarded connections, and it knows no proxy."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        raise NotImplementedError("outgoing requests do not use a proxy")
