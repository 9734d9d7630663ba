"""Whose a URL is, decided offline: its safe parts, and the class of its host from `hosts.toml` (tunnel, preview, local, ...)."""

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from driftline import late
from driftline.knowledge import tables
from driftline.model import Url
from driftline.record import NamedTuple

if TYPE_CHECKING:  # most hosts are names
    from ipaddress import IPv4Address, IPv6Address

# RFC 3986: scheme, then `//`. Schemes without an authority (`mailto:`, `file:`) are no address of a host.
_SCHEME = late.pattern(r"[A-Za-z][A-Za-z0-9+.\-]{1,30}://")
# A host without a scheme, with a port or a path: `app.example.com/x`, `localhost:3000`, `10.0.0.4:8080`.
_BARE = late.pattern(r"(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?\.){1,10}[A-Za-z]{2,24}\.?(?::\d{1,5})?(?:/[^\s@]*)?")
_BARE_LOCAL = late.pattern(r"(?:localhost|(?:\d{1,3}\.){3}\d{1,3})(?::\d{1,5})?(?:/[^\s@]*)?", re.IGNORECASE)
# It means to be a web address: `https:/x.com`, `http//x.com`, `https://`, `htps://x.com`, `http:x.com`.
_MEANT = late.pattern(r"(?:h?t?tps?:{0,2}/{1,4}|https?:|ht+p+s?://|hxxps?://)", re.IGNORECASE)

# Names that never leave a machine or a container network. RFC 6761 (localhost), RFC 6762 (.local), RFC 8375 (home.arpa); Docker docs,
# networking (host.docker.internal), 2026-11.
_LOCAL_HOSTS = frozenset(
    ("localhost", "localhost.localdomain", "host.docker.internal", "gateway.docker.internal", "kubernetes.docker.internal", "ip6-localhost")
)
_LOCAL_SUFFIXES = (".localhost", ".local", ".home.arpa", ".localdomain", ".lan")

# RFC 6598: addresses behind a carrier's or a tailnet's translation; Python counts them as neither private nor global.
_SHARED = "100.64.0.0/10"


class Class(str, Enum):
    """What a URL's host is. The order of the words is the order of judgement: malformed before local before tunnel ..."""

    MALFORMED = "malformed"
    LOCAL = "local"
    INTERNAL = "internal"
    TUNNEL = "tunnel"
    SINK = "sink"
    PREVIEW = "preview"
    BUILDER_PREVIEW = "builder-preview"
    PLATFORM = "platform"
    BUILDER = "builder"
    NON_PRODUCTION = "non-production"
    THIRD_PARTY = "third-party"
    OTHER = "other"


class Place(NamedTuple):
    """A host's class and, in words for a message, why: "a tunnel of ngrok"."""

    kind: Class
    words: str


class _Entry(NamedTuple):
    kind: Class
    by: str
    label: re.Pattern[str] | None


class _Data(NamedTuple):
    exact: Mapping[str, _Entry]
    below: Mapping[str, tuple[_Entry, ...]]
    missing: frozenset[str]
    unowned: frozenset[str]
    stand_in: re.Pattern[str]
    non_production: frozenset[str]
    suffixes: frozenset[str]


# --- the parts of a URL -------------------------------------------------------------------------------------------------------


def split(text: str) -> Url | None:
    """The parts of a URL that may be shown, None for text that is none. Userinfo, query and fragment are left out.

    The host is as a browser would dial it: lower case, without a trailing dot, punycode for letters beyond ASCII, and an address
    written as one number or in hexadecimal in its usual form (WHATWG URL standard, host parsing). Never raises: a port or an
    address that cannot be parsed gives None.
    """
    text = text.strip()
    if not _SCHEME.match(text) or re.search(r"[\s\x00-\x1f]", text):
        return None
    from urllib.parse import urlsplit

    if text[:4].lower() == "http":
        text = text.replace("\\", "/")  # browsers take both for the same
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host and parts.scheme.lower() != "file":
        return None
    host = normal(host or "")
    return Url(parts.scheme.lower(), host, port, parts.path, is_local(host))


def bare(text: str) -> Url | None:
    """A host written without a scheme (`app.example.com`, `localhost:3000/x`), with scheme ''; None for anything else."""
    text = text.strip()
    if len(text) > 2000 or not (_BARE.fullmatch(text) or _BARE_LOCAL.fullmatch(text)):
        return None
    found = split("http://" + text)
    return found._replace(scheme="") if found is not None else None


def target(text: str) -> Url | None:
    """Where a literal in code leads: a URL, or the path behind a base that is put in (`${base}/thanks`, `/thanks`), with host ''.

    None for text that is neither. Template parts inside the path stay as they are.
    """
    found = split(text)
    if found is not None:
        return found
    text = text.strip()
    path = re.fullmatch(r"(?:\$\{[^{}]{1,200}\}|\{[^{}]{1,200}\})?(/[^\s?#]{0,500})?(?:[?#].*)?", text, re.DOTALL)
    if path is None or path[1] is None or path[1].startswith("//"):
        return None
    return Url("", "", None, path[1], False)


def is_meant(text: str) -> bool:
    """Whether text that is no URL was meant to be a web address: `https:/x.com`, `https://`, a port that is none."""
    text = text.strip()
    return split(text) is None and len(text) <= 2000 and _MEANT.match(text) is not None


def suffixes(*kinds: Class) -> list[str]:
    """The suffixes below which hosts of one of these classes stand."""
    return sorted(suffix for suffix, entries in _data().below.items() if any(entry.kind in kinds for entry in entries))


def is_stand_in(label: str) -> bool:
    """Whether a label of a host, in lower case, asks to be replaced (`your-domain`, `changeme`)."""
    return _data().stand_in.fullmatch(label) is not None


def is_missing(host: str) -> bool:
    """Whether a host is the word that a language prints for an absent value (`undefined`, `null`)."""
    return host in _data().missing


def normal(host: str) -> str:
    """A host as it is compared: see `split`. An address keeps its brackets off; a name that cannot be encoded stays as written."""
    host = host.strip("[]").rstrip(".").lower()
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii").lower()
        except UnicodeError:
            return host
    if host[:1].isdigit() and ":" not in host:
        address = _ipv4(host)
        return str(address) if address is not None else host
    return host


def _ipv4(host: str) -> "IPv4Address | None":
    """An IPv4 address as browsers read it: 1 to 4 numbers, decimal, octal or hexadecimal, the last one filling what is left."""
    parts = host.split(".")
    numbers = []
    if len(parts) > 4:
        return None
    for part in parts:
        match = re.fullmatch(r"0x([0-9a-f]{0,16})|(0[0-7]{0,22})|([1-9][0-9]{0,19})", part)
        if match is None:
            return None
        numbers.append(int(match[1] or "0", 16) if match[1] is not None else int(part, 8) if match[2] else int(part))
    if any(number > 255 for number in numbers[:-1]) or numbers[-1] >= 256 ** (5 - len(numbers)):
        return None
    value = numbers[-1]
    for index, number in enumerate(numbers[:-1]):
        value += number << 8 * (3 - index)
    from ipaddress import IPv4Address

    return IPv4Address(value)


def address_of(host: str) -> "IPv4Address | IPv6Address | None":
    """The address that a host is, None for a name. An IPv4 address inside an IPv6 one is taken out."""
    host = host.strip("[]").rstrip(".")
    if not (host[:1].isdigit() or ":" in host):
        return None
    from ipaddress import IPv6Address, ip_address

    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return _ipv4(host.lower())
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or address
    return address


def is_local(host: str) -> bool:
    """Whether a host (a name or an address, without brackets) is a loopback, a private or a link-local one."""
    host = host.lower().strip("[]").rstrip(".")
    if host in _LOCAL_HOSTS or host.endswith(_LOCAL_SUFFIXES):
        return True
    address = address_of(host)
    if address is None:
        return False
    from ipaddress import IPv4Address, ip_network

    if isinstance(address, IPv4Address) and address in ip_network(_SHARED):
        return True
    return address.is_private or address.is_loopback or address.is_unspecified or address.is_link_local


def is_internal(host: str) -> bool:
    """Whether each network has a host of this name for itself: a name without a domain, or one below a platform's own (`*.internal`)."""
    return _classify(host).kind is Class.INTERNAL


def is_loopback(host: str) -> bool:
    """Whether a host is this very machine or container: localhost and its addresses, no private network."""
    host = host.lower().strip("[]").rstrip(".")
    if host in ("localhost", "localhost.localdomain", "ip6-localhost") or host.endswith(".localhost"):
        return True
    address = address_of(host)
    return address is not None and (address.is_loopback or address.is_unspecified)


# --- classes ------------------------------------------------------------------------------------------------------------------


def classify(url: Url) -> Place:
    """The class of a URL (its host as `split` gives it), from the name alone."""
    return _classify(url.host)


@lru_cache(maxsize=4096)
def _classify(host: str) -> Place:
    host = normal(host)
    data = _data()
    broken = _malformed(host, data)
    if broken is not None:
        return Place(Class.MALFORMED, broken)
    address = address_of(host)
    if address is not None:
        if not is_local(host):
            return Place(Class.OTHER, "a bare address")
        if address.is_loopback or address.is_unspecified:
            return Place(Class.LOCAL, "this machine")
        entry = data.exact.get(host)
        return Place(Class.LOCAL, _words(entry) if entry else "an address of a private network")
    entry = _entry(host, data)
    if entry is not None:
        return Place(entry.kind, _words(entry))
    if "." not in host:
        return Place(Class.INTERNAL, "a name without a domain, known inside one network only")
    word = _non_production_word(host, data)
    if word is not None:
        return Place(Class.NON_PRODUCTION, f"a host that says {word}")
    return _provider(host) or Place(Class.OTHER, "a domain")


def _provider(host: str) -> Place | None:
    """A host of a provider of the catalogue is somebody else's: no callback leads there."""
    from driftline.knowledge import catalog

    found = catalog.load().host(host)
    return Place(Class.THIRD_PARTY, f"a host of {found[0].title}") if found is not None and "." in host else None


_TITLES = {
    Class.LOCAL: "{}",
    Class.INTERNAL: "a name of {}",
    Class.TUNNEL: "a tunnel ({})",
    Class.SINK: "a place that only shows what it is sent ({})",
    Class.PREVIEW: "a preview of {}",
    Class.BUILDER_PREVIEW: "an editor's preview ({})",
    Class.PLATFORM: "a default host of {}",
    Class.BUILDER: "a default host of {}",
    Class.THIRD_PARTY: "a host of {}",
}


def _words(entry: _Entry) -> str:
    return _TITLES[entry.kind].format(entry.by)


def _malformed(host: str, data: _Data) -> str | None:
    """Why nobody can ever own a host, None for one that may exist."""
    if not host or host in data.missing:
        return "a host of a value that was missing" if host not in ("http", "https") else "a doubled scheme"
    if re.search(r"[<>{}$%\[\]|^`\"'()*,;!\\]", host):
        return "a host with a part that was not filled in"
    if host in data.unowned or host.endswith(".invalid"):
        return "a host that stands for any other"
    labels = host.split(".")
    if any(len(label) > 63 or not label for label in labels) and ":" not in host:
        return "no possible host"
    if len(labels) > 1 and is_stand_in(registrable(host).partition(".")[0]):
        return "a host that stands for one to fill in"
    return None


def _above(host: str) -> Iterator[str]:
    """The suffixes of a host, the longest first, without the host itself."""
    while "." in host:
        host = host.partition(".")[2]
        yield host


def _entry(host: str, data: _Data) -> _Entry | None:
    found = data.exact.get(host)
    if found is not None:
        return found
    for suffix in _above(host):
        before = host[: -len(suffix) - 1]
        for entry in data.below.get(suffix, ()):
            if entry.label is None or entry.label.fullmatch(before):
                return entry
    return None


def _non_production_word(host: str, data: _Data) -> str | None:
    """The word of a non-production environment in the labels before the registrable domain, None without one."""
    domain = registrable(host)
    before = host[: -len(domain) - 1] if domain != host else ""
    for label in before.split("."):
        parts = label.split("-")
        for part in (label, *parts):
            plain = part.rstrip("0123456789")
            if plain in data.non_production or part in data.non_production:
                return part
    return None


def registrable(host: str) -> str:
    """The domain that one owner registered: `shop.co.uk` of `www.shop.co.uk`, `app.vercel.app` of itself; an address is its own."""
    host = normal(host)
    if address_of(host) is not None or "." not in host:
        return host
    data = _data()
    best = host
    for suffix in (host, *_above(host)):
        above = suffix.partition(".")[2]
        if above in data.suffixes or "." not in above:
            best = suffix
            break
    return best


# --- reading the data ---------------------------------------------------------------------------------------------------------


@cache
def _data() -> _Data:
    told = tables.of_file("hosts.toml")
    exact: dict[str, _Entry] = {}
    below: dict[str, tuple[_Entry, ...]] = {}
    suffixes = set(told["suffixes"]["names"])
    for table in told["class"]:
        entry = _Entry(Class(table["class"]), table["by"], late.pattern(table["label"]) if "label" in table else None)
        for host in table["hosts"]:
            if host.startswith("*."):
                below[host[2:]] = (*below.get(host[2:], ()), entry)
                if entry.kind in (Class.TUNNEL, Class.PLATFORM, Class.BUILDER, Class.BUILDER_PREVIEW, Class.SINK):
                    suffixes.add(host[2:])
            else:
                exact[host] = entry
    unowned = told["unowned"]
    return _Data(
        exact=exact,
        below=below,
        missing=frozenset(unowned["words"]),
        unowned=frozenset(unowned["hosts"]),
        stand_in=late.pattern(unowned["labels"]),
        non_production=frozenset(told["non_production"]["words"]),
        suffixes=frozenset(suffixes),
    )
