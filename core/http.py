"""The only module that makes outgoing requests: time-outs, size caps, retries, limits, and where the token may go.

Who may be reached is decided in `core.http_guard`, the errors are in `core.http_errors`.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.cookiejar import DefaultCookiePolicy
from typing import Any, NoReturn
from urllib.parse import parse_qs, urljoin, urlsplit, urlunsplit

import requests
from requests.utils import parse_header_links
from urllib3.exceptions import HTTPError

from core import clock
from core.http_answers import decode, epoch, http_date, is_limit, looks_like_a_page, number, said, words
from core.http_errors import OutgoingError, RateLimited
from core.http_guard import CONNECT_TIMEOUT, GuardedAdapter, Lifeline

__all__ = ["Client", "OutgoingError", "RateLimit", "RateLimited", "Response"]

log = logging.getLogger(__name__)

READ_TIMEOUT = 20.0  # seconds without a byte
TOTAL_TIMEOUT = 60.0  # seconds for one answer, whole
MAX_BYTES = 16 * 1024 * 1024
TRIES = 3  # for what a moment may cure: 5xx, dropped connections, unreadable bodies
BACKOFF = 0.4  # seconds before the second try, doubled for the third
SHORT_WAIT = 5.0  # seconds of a host's limit that are slept through
SHORT_WAITS = 3  # how often, in one request
MAX_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
UNSTATED_WAIT = 60.0  # seconds, where a host refuses for its limit without saying for how long

# Given (status, headers, decoded body), names the code and further params of a refusal, or None for the general rule.
Explain = Callable[[int, Mapping[str, str], Any], tuple[str, dict[str, Any]] | None]


@dataclass(frozen=True, slots=True)
class RateLimit:
    """The token's limit as the host last told it: requests a window, how many are left, when the window ends by our clock."""

    limit: int | None
    remaining: int | None
    reset: datetime | None

    def spent_until(self, kept_back: int) -> datetime | None:
        """Until when nothing should be asked, so that so many requests are left to others; None: ask."""
        if self.remaining is None or self.reset is None or self.remaining > kept_back:
            return None
        return self.reset if self.reset > clock.now() else None


@dataclass(frozen=True, slots=True)
class Response:
    """An answer that was read whole. `data` is its JSON, None of a 304 or an empty body."""

    status: int
    headers: Mapping[str, str]
    url: str  # after redirects
    data: Any = None

    def json(self) -> Any:
        return self.data

    @property
    def not_modified(self) -> bool:
        return self.status == 304

    @property
    def etag(self) -> str:
        return self.headers.get("ETag", "")

    @property
    def next_url(self) -> str | None:
        """The absolute address of the next page, from the Link header. `Client.get` refuses one of another origin."""
        return self._link("next")

    @property
    def pages_after(self) -> int | None:
        """How many pages follow, where the host numbers them; None where it does not say."""
        if not self.next_url:
            return 0
        numbers = [parse_qs(urlsplit(self._link(rel) or "").query).get("page", [""])[0] for rel in ("next", "last")]
        if not all(number.isascii() and number.isdigit() and len(number) < 10 for number in numbers):
            return None
        return max(1, int(numbers[1]) - int(numbers[0]) + 1)

    def _link(self, rel: str) -> str | None:
        for link in parse_header_links(self.headers.get("Link", "")):
            if link.get("rel") == rel and link.get("url"):
                return urljoin(self.url, link["url"])
        return None


class _Again(Exception):
    """A fault that a moment may cure. Holds the error to raise when it does not."""

    def __init__(self, error: OutgoingError) -> None:
        super().__init__(error.code)
        self.error = error


class Client:
    """Speaks JSON to one origin, with one token, from one thread.

    `headers` hold the token; they are sent to the origin of `base_url` only and never logged. Counts what it did:
    `requests_made` (each try and each redirect), `redirects`, `not_modified` (304s), `rate` (the limit last told).

    With `share` it stops in time: where no more than that share of the host's limit is left, it asks nothing and raises what
    the host would have refused with.
    """

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str] | None = None,
        *,
        explain: Explain | None = None,
        total_timeout: float = TOTAL_TIMEOUT,
        read_timeout: float = READ_TIMEOUT,
        max_bytes: int = MAX_BYTES,
        ca_bundle: str | None = None,
        share: float | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.origin = origin_of(self.base_url)
        self.host = urlsplit(self.base_url).netloc
        self.requests_made = 0
        self.redirects = 0
        self.not_modified = 0
        self.rate: RateLimit | None = None
        self.share = share
        self._explain = explain
        self._timeouts = (CONNECT_TIMEOUT, read_timeout)
        self._total_timeout = total_timeout
        self._max_bytes = max_bytes
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy, no .netrc, no bundle from the environment
        self._session.verify = ca_bundle or True
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.update({"User-Agent": "mlops-portal", "Accept": "application/json", **(headers or {})})
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, GuardedAdapter(pool_connections=1, pool_maxsize=1))

    def __repr__(self) -> str:
        return f"<Client {self.origin}>"

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._session.close()

    def url(self, path_or_url: str) -> str:
        """The absolute address of a path below `base_url`; an absolute one must be of the same origin."""
        if "://" not in path_or_url.split("?", 1)[0]:
            return f"{self.base_url}/{path_or_url.lstrip('/')}"
        if origin_of(path_or_url) != self.origin:
            raise OutgoingError("redirected_elsewhere", host=self.host, to=_host_of(path_or_url))
        return path_or_url

    def get(self, path_or_url: str, params: Mapping[str, Any] | None = None, etag: str = "") -> Response:
        """GET below `base_url`, or a page link the host gave. With `etag` the answer may be `not_modified`.

        Raises OutgoingError, of it RateLimited where the host wants a longer wait than is slept through here.
        """
        headers = {"If-None-Match": etag} if etag else {}
        url = self.url(path_or_url)
        for _hop in range(MAX_REDIRECTS + 1):
            response = self._patiently(url, params, headers)
            if response.status not in REDIRECTS:
                return response
            self.redirects += 1
            # By hand: a library that follows redirects may carry the token to where it does not belong.
            url = self.url(urljoin(response.url, response.headers.get("Location", "")))
            params = None
        raise OutgoingError("too_many_redirects", host=self.host)

    def _patiently(self, url: str, params: Mapping[str, Any] | None, headers: Mapping[str, str]) -> Response:
        """One hop: tried again after faults that pass, and after limits that end within seconds."""
        faults = waits = 0
        while True:
            self._stop_in_time()
            try:
                return self._once(url, params, headers)
            except _Again as again:
                faults += 1
                if faults >= TRIES:
                    raise again.error from again
                log.info("%s: %s, trying again", self.host, again.error.code)
                sleep(BACKOFF * 2 ** (faults - 1) * random.uniform(0.75, 1.25))  # noqa: S311  no secret
            except RateLimited as limited:
                waits += 1
                wait = (limited.retry_at - clock.now()).total_seconds()
                if wait > SHORT_WAIT or waits > SHORT_WAITS:
                    raise
                sleep(max(wait, 0.0))

    def _stop_in_time(self) -> None:
        if self.share is not None and self.rate is not None:
            until = self.rate.spent_until(int((self.rate.limit or 0) * self.share))
            if until is not None:
                raise RateLimited(until, host=self.host)

    def post(self, body: bytes, headers: Mapping[str, str]) -> None:
        """POST to `base_url` itself, once: whoever calls keeps what is to be sent, and an id by which a second one is dropped.

        Any 2xx will do; what it says beside is not looked at. Raises OutgoingError, of it RateLimited. Not redirected.
        """
        try:
            with self._exchange("POST", self.base_url, data=body, headers=headers) as raw:
                if 200 <= raw.status_code < 300:
                    return
                said = self._read(raw)
        except _Again as again:
            raise again.error from again
        raise self._refused_post(raw, said)

    def _refused_post(self, raw: requests.Response, body: bytes) -> OutgoingError:
        status, waits = raw.status_code, "Retry-After" in raw.headers
        if status in REDIRECTS:
            to = _host_of(urljoin(raw.url, raw.headers.get("Location", "")))
            return OutgoingError("redirected_elsewhere", host=self.host, to=to)
        if status >= 500 and waits:
            return RateLimited(self._retry_at(raw.headers), code="server_error", host=self.host, status=status)
        if status >= 500:
            return OutgoingError("server_error", host=self.host, status=status)
        _readable, data = decode(body)
        return self._refusal(status, raw.headers, data or {"message": words(raw.headers, body)})

    def _once(self, url: str, params: Mapping[str, Any] | None, headers: Mapping[str, str]) -> Response:
        with self._exchange("GET", url, params=params, headers=headers) as raw:
            body = self._read(raw)
        return self._judge(raw, body)

    @contextmanager
    def _exchange(self, method: str, url: str, **sent: Any) -> Iterator[requests.Response]:
        """One request and its answer, whose body is read within the block, all within the time there is."""
        self.requests_made += 1
        with Lifeline(self._total_timeout) as lifeline:
            try:
                with self._session.request(
                    method, url, timeout=self._timeouts, stream=True, allow_redirects=False, **sent
                ) as raw:
                    yield raw
            except (requests.RequestException, HTTPError, OSError, ValueError) as error:
                if lifeline.cut:
                    raise OutgoingError("timeout", host=self.host) from error
                self._raise_transport(error)
            if lifeline.cut:  # a body that ends with the connection just looks shorter
                raise OutgoingError("timeout", host=self.host)

    def _read(self, raw: requests.Response) -> bytes:
        parts: list[bytes] = []
        left = self._max_bytes
        for part in raw.iter_content(64 * 1024):
            left -= len(part)
            if left < 0:
                raise OutgoingError("too_large", host=self.host, limit=self._max_bytes // (1024 * 1024) or 1)
            parts.append(part)
        return b"".join(parts)

    def _raise_transport(self, error: Exception) -> NoReturn:
        """Name what `requests` could not do. Refusals of the guard pass through as they are."""
        if isinstance(error, requests.exceptions.SSLError):
            raise OutgoingError("tls", host=self.host) from error
        if isinstance(error, (requests.Timeout, TimeoutError)) or "timed out" in str(error).lower():
            raise OutgoingError("timeout", host=self.host) from error
        if isinstance(error, (requests.exceptions.InvalidHeader, UnicodeError)):
            raise OutgoingError("unauthorised", host=self.host) from error  # a token with characters no token has
        if isinstance(error, ValueError):
            raise OutgoingError("bad_address", host=self.host) from error
        raise _Again(OutgoingError("dropped", host=self.host)) from error

    def _judge(self, raw: requests.Response, body: bytes) -> Response:
        """The answer, or the error that its status, limit headers or body stand for."""
        status = raw.status_code
        self._note_rate(raw.headers)
        if status == 304:
            self.not_modified += 1
            return Response(status, raw.headers, raw.url)
        if status in REDIRECTS and raw.headers.get("Location"):
            return Response(status, raw.headers, raw.url)
        readable, data = decode(body)
        if 200 <= status < 300:
            if not readable:
                code = "not_json" if looks_like_a_page(raw.headers, body) else "bad_answer"
                raise _Again(OutgoingError(code, host=self.host))
            return Response(status, raw.headers, raw.url, data)
        if status >= 500 and "Retry-After" in raw.headers:
            raise RateLimited(self._retry_at(raw.headers), code="server_error", host=self.host, status=status)
        if status >= 500:
            raise _Again(OutgoingError("server_error", host=self.host, status=status))
        raise self._refusal(status, raw.headers, data)

    def _refusal(self, status: int, headers: Mapping[str, str], data: Any) -> OutgoingError:
        words_said = said(data)
        if is_limit(status, headers, words_said):
            return RateLimited(self._retry_at(headers), host=self.host, said=words_said)
        special = self._explain(status, headers, data) if self._explain else None
        if special:
            return OutgoingError(special[0], **{"host": self.host, "status": status, "said": words_said, **special[1]})
        code = {401: "unauthorised", 403: "forbidden", 404: "not_found", 410: "gone"}.get(status, "refused")
        return OutgoingError(code, host=self.host, status=status, said=words_said)

    def _note_rate(self, headers: Mapping[str, str]) -> None:
        limit, remaining = number(headers.get("X-RateLimit-Limit")), number(headers.get("X-RateLimit-Remaining"))
        if limit is not None or remaining is not None:
            now, reset = clock.now(), epoch(headers.get("X-RateLimit-Reset"))
            theirs = http_date(headers.get("Date")) or now
            self.rate = RateLimit(limit, remaining, now + (reset - theirs) if reset else None)

    def _retry_at(self, headers: Mapping[str, str]) -> datetime:
        """When to ask again, by our clock: the host's own Date is what its reset time is measured against."""
        now = clock.now()
        theirs = http_date(headers.get("Date")) or now
        text = headers.get("Retry-After", "")
        named = number(text)
        seconds = None if named is None else float(named)
        at = http_date(text)
        if seconds is None and at is not None:
            seconds = (at - theirs).total_seconds()
        if seconds is None and headers.get("X-RateLimit-Remaining", "").strip() == "0":
            reset = epoch(headers.get("X-RateLimit-Reset"))
            seconds = None if reset is None else (reset - theirs).total_seconds()
        seconds = UNSTATED_WAIT if seconds is None else seconds
        return now + timedelta(seconds=min(max(seconds, 1.0), 24 * 3600.0))


def sleep(seconds: float) -> None:
    """Apart, so that tests need not wait."""
    time.sleep(seconds)


def origin_of(url: str) -> str:
    """scheme://host:port, with the default port spelt out. Raises OutgoingError for what is no http address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise OutgoingError("bad_address", host=url[:100]) from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise OutgoingError("bad_address", host=_host_of(url))
    if parts.username is not None:
        raise OutgoingError("user_in_address", host=_host_of(url))
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return urlunsplit((parts.scheme, f"{host}:{port or (443 if parts.scheme == 'https' else 80)}", "", "", ""))


def _host_of(url: str) -> str:
    """Host and port for a sentence; never a name or password standing before them."""
    return urlsplit(url).netloc.rpartition("@")[2][:100] or url.rpartition("@")[2][:100]
