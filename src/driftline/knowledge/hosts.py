"""What a URL and its host say: safe parts of a URL, and whether a host is reachable from one machine or network only."""

from __future__ import annotations

import re

from driftline.model import Url

# RFC 3986: a scheme, then `//`. Schemes without an authority (`mailto:`, `file:`) are no address of a host.
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]{1,30}://")

# Names that never leave a machine or a container network. RFC 6761 (localhost), RFC 6762 (.local), RFC 8375 (home.arpa); Docker docs,
# networking (host.docker.internal), 2026-11.
_LOCAL_HOSTS = frozenset(
    ("localhost", "localhost.localdomain", "host.docker.internal", "gateway.docker.internal", "kubernetes.docker.internal", "ip6-localhost")
)
_LOCAL_SUFFIXES = (".localhost", ".local", ".home.arpa", ".localdomain", ".lan")

_NUMBERS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")


def split(text: str) -> Url | None:
    """The parts of a URL that may be shown, None for text that is none. Userinfo, query and fragment are left out.

    Never raises: a port or an address that cannot be parsed gives None.
    """
    from urllib.parse import urlsplit

    text = text.strip()
    if not _SCHEME.match(text) or re.search(r"[\s\x00-\x1f]", text):
        return None
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host and parts.scheme.lower() != "file":
        return None
    host = (host or "").rstrip(".")
    return Url(parts.scheme.lower(), host, port, parts.path, is_local(host))


def is_local(host: str) -> bool:
    """Whether a host (a name or an address, without brackets) is a loopback, a private or a link-local one."""
    host = host.lower().strip("[]").rstrip(".")
    if host in _LOCAL_HOSTS or host.endswith(_LOCAL_SUFFIXES):
        return True
    if not (_NUMBERS.fullmatch(host) or ":" in host):
        return False
    from ipaddress import ip_address

    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_private or address.is_loopback or address.is_unspecified or address.is_link_local
