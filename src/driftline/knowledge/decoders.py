"""Named decoders that the catalogue's data can call: whose account a credential belongs to, its mode, expiry and checksum, all offline.

Every decoder takes the text of one value, bounded to `_LONGEST` characters, and never raises: hostile text gives None or False. An
account is safe to print: a host, a project, a number, a name, and never a part of the secret. Where a value shows only a part of its
account, the rest is written `...` and `same_account` compares what is there.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from driftline import late
from driftline.knowledge import hosts
from driftline.record import NamedTuple

_LONGEST = 20_000
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
# What may be shown as an account: no spaces, quotes or control characters, and short.
_SHOWN = late.pattern(r"[A-Za-z0-9._:/@+\-]{1,200}")


# --- reading encoded text -------------------------------------------------------------------------------------------------


def _bytes(text: str) -> bytes | None:
    """Base64 in either alphabet, padded or not."""
    if not text or len(text) > _LONGEST or not re.fullmatch(r"[A-Za-z0-9+/_\-]*={0,2}", text):
        return None
    text = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _object(raw: str | bytes | None) -> dict[str, Any] | None:
    """A JSON object; None for anything else, however deep or broken."""
    if raw is None or len(raw) > _LONGEST:
        return None
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _shown(value: object) -> str | None:
    return value if isinstance(value, str) and _SHOWN.fullmatch(value) else None


class _Address(NamedTuple):
    """A URL's parts without its secrets; `user` is for decoders of user names that are ids, and is never shown whole."""

    scheme: str
    user: str
    host: str
    port: str
    path: str
    query: str


_STRICT = late.pattern(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]{0,30})://(?:(?P<user>[^\s/?#@:]{0,512})(?::[^\s/?#@]{0,2048})?@)?"
    r"(?P<host>[A-Za-z0-9._\-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::(?P<port>\d{1,5}))?(?P<more>,[^\s/?#@]{0,2048})?"
    r"(?:/(?P<path>[^?#]{0,4096}))?(?:\?(?P<query>[^#]{0,8192}))?(?:#.{0,4096})?"
)


def _address(text: str) -> _Address | None:
    """The parts of a URL. A password may hold raw `/`, `?`, `#` or `@`: then the last `@` ends it, so that it is never read as a host."""
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    found = _STRICT.fullmatch(text)
    if found is None or (found["user"] is None and "@" in text):
        scheme, separator, rest = text.partition("://")
        userinfo, at, tail = rest.rpartition("@")
        if not separator or not at:
            return None
        found = _STRICT.fullmatch(f"{scheme}://{tail}")
        if found is None:
            return None
        user = userinfo.partition(":")[0]
    else:
        user = found["user"] or ""
    return _Address(
        found["scheme"].lower(),
        user,
        found["host"].strip("[]").lower().rstrip("."),
        found["port"] or "",
        found["path"] or "",
        found["query"] or "",
    )


def _query(address: _Address, name: str) -> str | None:
    from urllib.parse import parse_qs

    try:
        return parse_qs(address.query, max_num_fields=64).get(name, [None])[0]
    except ValueError:
        return None


# --- JSON Web Tokens ------------------------------------------------------------------------------------------------------

_JWT = late.pattern(r"(eyJ[A-Za-z0-9_\-]{2,8192})\.([A-Za-z0-9_\-]{2,16384})\.([A-Za-z0-9_\-]{0,2048})")


def _jwt_header(text: str) -> dict[str, Any] | None:
    found = _JWT.fullmatch(text.strip())
    return _object(_bytes(found[1])) if found else None


def jwt_payload(text: str) -> Mapping[str, Any] | None:
    """The claims of a JSON Web Token (RFC 7519), None for text that is none. The signature is not checked."""
    found = _JWT.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if found is None or "alg" not in (_object(_bytes(found[1])) or {}):
        return None
    return _object(_bytes(found[2]))


def jwt_signed_with(text: str, secret: str) -> bool:
    """Whether a token is signed by this secret with HS256: whoever knows the secret can mint such tokens."""
    header = _jwt_header(text) if len(text) <= _LONGEST else None
    if header is None or header.get("alg") != "HS256":
        return False
    body, _, signature = text.strip().rpartition(".")
    made = hmac.new(secret.encode(), body.encode("ascii"), hashlib.sha256).digest()
    return hmac.compare_digest(made, _bytes(signature) or b"")


def jwt_claims(text: str) -> bool:
    """A JWT whose header and payload are JSON objects."""
    return jwt_payload(text) is not None


def jwt_expiry(text: str) -> str | None:
    """The date of the `exp` claim, in UTC."""
    return _date((jwt_payload(text) or {}).get("exp"))


def _date(seconds: object) -> str | None:
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        return None
    try:
        return datetime.fromtimestamp(seconds, timezone.utc).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return None


def jwt_issuer(text: str) -> str | None:
    """The issuer's host, or its word where it is no URL."""
    issuer = (jwt_payload(text) or {}).get("iss")
    if not isinstance(issuer, str):
        return None
    address = _address(issuer)
    return address.host if address else _shown(issuer)


# --- payment --------------------------------------------------------------------------------------------------------------


def stripe_account(text: str) -> str | None:
    """`acct_` and the 16 characters behind the leading 5 of a modern key's body.

    Observed on documents that print a key beside its account id, and what published set-up scripts compare; 2026-11.
    """
    found = re.fullmatch(r"[spr]k_(?:live|test)_5([A-Za-z0-9]{16})[A-Za-z0-9]{60,240}", text)
    return f"acct_{found[1]}" if found else None


def stripe_owner(text: str) -> str | None:
    """The last ten characters of the account id, which stand in object ids with a 24-character body that starts with 1 or 3.

    Stripe docs, API reference: ch_, card_ and acct_ samples share them; read 2026-11.
    """
    found = re.fullmatch(r"[a-z]{2,8}_[13][A-Za-z0-9]{5}([A-Za-z0-9]{10})[A-Za-z0-9]{8}", text)
    return f"acct_...{found[1]}" if found else None


def braintree_merchant(text: str) -> str | None:
    """The merchant of a client token (base64 JSON)."""
    return _shown((_object(_bytes(text)) or {}).get("merchantId"))


def braintree_mode(text: str) -> str | None:
    return {"sandbox": "test", "production": "live"}.get(str((_object(_bytes(text)) or {}).get("environment")))


def braintree_token(text: str) -> bool:
    """Base64 JSON with an environment and an authorisation fingerprint (Braintree docs, client tokens, 2026-11)."""
    held = _object(_bytes(text)) or {}
    return "authorizationFingerprint" in held and "environment" in held


# --- auth -----------------------------------------------------------------------------------------------------------------


def clerk_host(text: str) -> str | None:
    """The Frontend API host inside a publishable key (clerk/javascript, packages/shared/src/keys.ts, 2026-11)."""
    body = re.fullmatch(r"pk_(?:live|test)_([A-Za-z0-9+/_\-]{8,400}={0,2})", text)
    raw = _bytes(body[1]) if body else None
    if raw is None or not raw.endswith(b"$") or raw.count(b"$") != 1:
        return None
    host = raw[:-1].decode("ascii", "replace")
    return host if re.fullmatch(r"[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,8}", host) else None


def clerk_key(text: str) -> bool:
    return clerk_host(text) is not None


def base64_key(text: str) -> bool:
    """What stands behind the last `_` is base64 of at least 16 bytes (Svix: `whsec_` and the key's bytes)."""
    body = text.rpartition("_")[2]
    raw = _bytes(body) if len(body) % 4 == 0 else None
    return raw is not None and len(raw) >= 16


def workos_key(text: str) -> bool:
    """Base64 of `key_...` behind the mode."""
    return (_bytes(text.rpartition("_")[2]) or b"").startswith(b"key_")


# --- Supabase, Firebase, Google -------------------------------------------------------------------------------------------

_REF = r"[a-z]{20}"
_SUPABASE_HOST = late.pattern(rf"(?:db\.)?({_REF})\.(?:supabase\.(?:co|in|net|red)|functions\.supabase\.co|storage\.supabase\.co)")


def supabase_ref(text: str) -> str | None:
    """The project's ref in a legacy key's claims, a project URL, a database URL or a pooler's user name."""
    if text.startswith("eyJ"):
        held = jwt_payload(text) or {}
        ref = held.get("ref")
        return ref if isinstance(ref, str) and re.fullmatch(_REF, ref) else None
    if re.fullmatch(_REF, text):
        return text
    address = _address(text if "://" in text else f"https://{text}")
    if address is None:
        return None
    found = _SUPABASE_HOST.fullmatch(address.host)
    if found is None and address.host.endswith((".pooler.supabase.com", ".pooler.supabase.net")):
        found = re.fullmatch(rf"[a-z_]{{1,40}}\.({_REF})", address.user)
    return found[1] if found else None


def supabase_mode(text: str) -> str | None:
    """`supabase-demo` is the issuer of the local stack's and the self-hosting guide's default keys (supabase/cli, 2026-11)."""
    issuer = (jwt_payload(text) or {}).get("iss")
    if issuer == "supabase-demo":
        return "local"
    return "any"


def google_project(text: str) -> str | None:
    """The project id of a service account or a web config (JSON, or base64 of it)."""
    held = _json_text(text)
    project = held.get("project_id", held.get("projectId")) if held else None
    return _shown(project)


def google_service_account(text: str) -> bool:
    """Service-account JSON (or base64 of it) with a private key, not with the three dots of a template."""
    held = _json_text(text) or {}
    return held.get("type") == "service_account" and private_key(str(held.get("private_key")).lstrip())


def _json_text(text: str) -> dict[str, Any] | None:
    text = text.strip()
    return _object(text) if text.startswith("{") else _object(_bytes(text))


_FIREBASE_HOSTS = (
    late.pattern(r"([a-z0-9\-]{4,40}?)(?:-default-rtdb)?\.(?:firebaseapp\.com|web\.app|appspot\.com|firebasestorage\.app|firebaseio\.com)"),
    late.pattern(r"([a-z0-9\-]{4,40}?)(?:-default-rtdb)?\.[a-z0-9\-]{4,30}\.firebasedatabase\.app"),
    late.pattern(r"[a-z]+-[a-z]+\d+-([a-z0-9\-]{4,40})\.cloudfunctions\.net"),
)


def firebase_project(text: str) -> str | None:
    """The project id in a Firebase host: auth domain, storage bucket, database URL, functions URL."""
    address = _address(text if "://" in text else f"https://{text}")
    for pattern in _FIREBASE_HOSTS:
        if address is not None and (found := pattern.fullmatch(address.host)):
            return found[1]
    return None


# --- databases, caches, queues --------------------------------------------------------------------------------------------

_DEFAULT_PORTS = {
    "postgres": "5432", "postgresql": "5432", "mysql": "3306", "mariadb": "3306", "mongodb": "27017", "redis": "6379", "rediss": "6379",
    "valkey": "6379", "amqp": "5672", "amqps": "5671", "sqlserver": "1433", "mssql": "1433", "clickhouse": "9000", "cockroachdb": "26257",
    "smtp": "587", "smtps": "465", "http": "80", "https": "443", "libsql": "443", "nats": "4222", "couchdb": "5984", "neo4j": "7687",
    "neo4j+s": "7687", "bolt": "7687", "cassandra": "9042",
}  # fmt: skip


def database(text: str) -> str | None:
    """`host/database`, with the port where it is not the scheme's own; drivers' prefixes (`postgresql+asyncpg`, `jdbc:`) do not matter."""
    address = _address(text.removeprefix("jdbc:"))
    if address is None:
        return None
    name = address.path.strip("/").partition("/")[0]
    return _shown(_host(address) + (f"/{name}" if name else ""))


def _host(address: _Address) -> str:
    default = _DEFAULT_PORTS.get(address.scheme.partition("+")[0], _DEFAULT_PORTS.get(address.scheme))
    host = f"[{address.host}]" if ":" in address.host else address.host
    return host if address.port in ("", default) else f"{host}:{address.port}"


def database_host(text: str) -> str | None:
    """`host`, with the port where it is not the scheme's own."""
    address = _address(text)
    return _shown(_host(address)) if address else None


def mongodb(text: str) -> str | None:
    """`host/database`; `test` is the database of a URL without one (MongoDB manual, connection strings, 2026-11)."""
    address = _address(text)
    if address is None:
        return None
    return _shown(f"{_host(address)}/{address.path.strip('/') or 'test'}")


def redis(text: str) -> str | None:
    """`host/number of the database`, 0 where the URL names none."""
    address = _address(text)
    if address is None:
        return None
    return _shown(f"{_host(address)}/{address.path.strip('/') or _query(address, 'db') or '0'}")


def remote_host(text: str) -> str | None:
    """A bare host that is not a machine of one's own, with the port where it is written."""
    address = _address(f"tcp://{text}")
    return _shown(_host(address)) if address is not None and not hosts.is_local(address.host) else None


def redis_host(text: str) -> str | None:
    """As `remote_host`, and the first database there."""
    found = remote_host(text)
    return f"{found.removesuffix(':6379')}/0" if found is not None else None


def neon(text: str) -> str | None:
    """`endpoint/database`: an endpoint is the compute of one branch, with and without the pooler (Neon docs, 2026-11)."""
    address = _address(text)
    if address is None:
        return None
    endpoint = re.fullmatch(r"(ep-[a-z0-9]+(?:-[a-z0-9]+){1,3}?)(?:-pooler)?(?:\.[a-z0-9\-]+){1,4}\.neon\.tech", address.host)
    if endpoint is None:
        return None
    name = address.path.strip("/")
    return _shown(f"{endpoint[1]}/{name}" if name else endpoint[1])


def neon_endpoint(text: str) -> str | None:
    """The endpoint of a bare host."""
    return neon(f"postgres://{text}")


def render_database(text: str) -> str | None:
    """`id/database`: the id is the same inside Render's network and outside it (Render docs, Postgres, 2026-11)."""
    address = _address(text)
    if address is None:
        return None
    name = address.path.strip("/")
    return _shown(address.host.partition(".")[0] + (f"/{name}" if name else ""))


def smtp_identity(text: str) -> str | None:
    """`user@host` where the user is an address or a plain word, else the host: some servers take an API key as the user."""
    from urllib.parse import unquote

    address = _address(text)
    if address is None:
        return None
    user = unquote(address.user)
    told = re.fullmatch(r"[A-Za-z0-9._+\-]{1,64}@[a-z0-9.\-]{3,190}|[a-z]{2,16}", user)
    return _shown(f"{user}@{_host(address)}" if told else _host(address))


def upstash_host(text: str) -> str | None:
    """The host alone: the REST and the Redis address of one database share it."""
    address = _address(text)
    return address.host if address else None


def sql_server(text: str) -> str | None:
    """`host/database` of a JDBC URL or an ADO.NET connection string."""
    server = re.match(r"(?:jdbc:)?sqlserver://([^;/:]{1,255})|(?:Server|Data Source)=(?:tcp:)?([^;,]{1,255})", text)
    name = re.search(r";\s*(?:database|databaseName|Initial Catalog)=([^;]{1,100})", text, re.IGNORECASE)
    return _shown((server[1] or server[2]).lower() + (f"/{name[1]}" if name else "")) if server else None


def planetscale(text: str) -> str | None:
    """`database@branch`: user names are made per branch, and only a digest of one is shown."""
    address = _address(text)
    if address is None or not address.host.endswith((".psdb.cloud", ".pscale.dev")):
        return None
    user = hashlib.sha256(address.user.encode("utf-8", "replace")).hexdigest()[:8]
    return _shown(f"{address.path.strip('/') or 'postgres'}@{user}")


def libsql(text: str) -> str | None:
    """`database-organisation` of a Turso host, else host and port."""
    address = _address(text)
    if address is None:
        return None
    found = re.fullmatch(r"([a-z0-9\-]{1,120})(?:\.[a-z0-9\-]{1,40}){0,2}\.turso\.io", address.host)
    return found[1] if found else _shown(_host(address))


def turso_token(text: str) -> bool:
    """An EdDSA token with an access claim or a permissions claim (Turso docs, auth tokens; observed 2026-11)."""
    held = jwt_payload(text)
    return held is not None and (_jwt_header(text) or {}).get("alg") == "EdDSA" and ("a" in held or "p" in held or "id" in held)


def host_mode(text: str) -> str | None:
    """local for an address that never leaves a machine or its network, any for others."""
    address = _address(text.removeprefix("jdbc:"))
    if address is None:
        return None
    return "local" if hosts.is_local(address.host) else "any"


def bare_host_mode(text: str) -> str | None:
    """As `host_mode`, for a host without a scheme."""
    return host_mode(f"tcp://{text}")


# --- AWS, storage ---------------------------------------------------------------------------------------------------------


def aws_account(text: str) -> str | None:
    """The account number in the base32 body of an access key id of the current format.

    trufflesecurity/trufflehog, pkg/detectors/aws/common.go, 2026-11; ids of before 2019 have I or J there and hold no number.
    """
    if not re.fullmatch(r"A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}", text) or text[4] in "IJ":
        return None
    number = int.from_bytes(base64.b32decode(text[4:])[:6], "big")
    return f"{(number & 0x7FFFFFFFFF80) >> 7:012d}"


def arn_account(text: str) -> str | None:
    """The account number of an ARN, or of a queue's URL."""
    found = re.match(r"arn:aws[a-z\-]{0,10}:[a-z0-9\-]{1,40}:[a-z0-9\-]{0,20}:(\d{12}):", text)
    found = found or re.match(r"https://(?:sqs\.[a-z0-9\-]+|[a-z0-9\-]+\.queue)\.amazonaws\.com(?:\.cn)?/(\d{12})/", text)
    return found[1] if found else None


def queue(text: str) -> str | None:
    """`region/account/queue` of an SQS URL or ARN."""
    found = re.fullmatch(r"https://sqs\.([a-z0-9\-]+)\.amazonaws\.com(?:\.cn)?/(\d{12})/([A-Za-z0-9_.\-]{1,84})", text)
    found = found or re.fullmatch(r"arn:aws[a-z\-]{0,10}:sqs:([a-z0-9\-]+):(\d{12}):([A-Za-z0-9_.\-]{1,84})", text)
    return "/".join(found.groups()) if found else None


_BUCKETS = (
    # AWS docs, virtual hosting of buckets; Cloudflare R2, Backblaze, DigitalOcean, Google Cloud Storage docs: 2026-11.
    (r"([a-z0-9.\-]{3,63})\.s3(?:[.\-](?:dualstack\.)?[a-z0-9\-]+)?\.amazonaws\.com(?:\.cn)?", None),
    (r"s3(?:[.\-][a-z0-9\-]+)?\.amazonaws\.com(?:\.cn)?", "path"),
    (r"(?:([a-z0-9.\-]{3,63})\.)?[0-9a-f]{32}\.(?:eu\.|fedramp\.)?r2\.cloudflarestorage\.com", "path"),
    (r"([a-z0-9\-]{3,63})\.[a-z0-9]{3,8}\.(?:cdn\.)?digitaloceanspaces\.com", None),
    (r"(?:([a-z0-9\-]{3,63})\.)?s3\.[a-z0-9\-]+\.backblazeb2\.com", "path"),
    (r"storage\.googleapis\.com", "path"),
    (r"([a-z0-9._\-]{3,63})\.storage\.googleapis\.com", None),
    (r"([a-z0-9.\-]{3,63})\.(?:fly|t3)\.(?:storage\.tigris|storage)\.(?:dev|io)", None),
)


def bucket(text: str) -> str | None:
    """The bucket of a storage URL, by host or by path."""
    address = _address(text)
    if address is None:
        return None
    if address.scheme in ("s3", "gs", "r2"):
        return _shown(address.host)
    for pattern, place in _BUCKETS:
        found = re.fullmatch(pattern, address.host)
        if found:
            named = found[1] if found.groups() else None
            return _shown(named or (address.path.partition("/")[0] if place else ""))
    return None


def r2_account(text: str) -> str | None:
    """The account id in the host of R2's S3 API."""
    address = _address(text)
    found = re.search(r"(?:^|\.)([0-9a-f]{32})\.(?:eu\.|fedramp\.)?r2\.cloudflarestorage\.com$", address.host) if address else None
    return found[1] if found else None


def azure_storage(text: str) -> str | None:
    """The storage account of a connection string, a blob URL or a SAS URL; `devstoreaccount1` is Azurite's."""
    found = re.search(r"(?:^|;)AccountName=([a-z0-9]{3,24})(?:;|$)", text)
    if found is None and "://" in text and ";" not in text:
        address = _address(text)
        found = (
            re.fullmatch(
                r"([a-z0-9]{3,24})\.(?:blob|queue|table|file|dfs|web)\.core\.(?:windows\.net|chinacloudapi\.cn|usgovcloudapi\.net)",
                address.host,
            )
            if address
            else None
        )
    if found is None and "UseDevelopmentStorage=true" in text:
        return "devstoreaccount1"
    return found[1] if found else None


def azure_mode(text: str) -> str | None:
    """local for the emulator (Microsoft docs, Azurite, 2026-11)."""
    return "local" if "devstoreaccount1" in text or "UseDevelopmentStorage=true" in text else "any"


def azure_expiry(text: str) -> str | None:
    """The `se` date of a shared access signature."""
    found = re.search(r"[?&]se=(\d{4}-\d\d-\d\d)", text)
    return found[1] if found else None


def uploadthing_app(text: str) -> str | None:
    """`appId` of the token (base64 JSON; pingdotgg/uploadthing, packages/uploadthing/src/_internal/shared-schemas.ts, 2026-11)."""
    return _shown((_object(_bytes(text)) or {}).get("appId"))


def uploadthing_token(text: str) -> bool:
    held = _object(_bytes(text)) or {}
    return "apiKey" in held and "appId" in held


def blob_store(text: str) -> str | None:
    """The store of a Vercel Blob token or URL, in lower case (vercel/storage, packages/blob/src/helpers.ts, 2026-11)."""
    found = re.fullmatch(r"vercel_blob_rw_([A-Za-z0-9]{8,32})_[A-Za-z0-9]{10,64}", text)
    found = found or re.match(r"https://([A-Za-z0-9]{8,32})\.(?:public|private)\.blob\.vercel-storage\.com(?:/|$)", text)
    return found[1].lower() if found else None


def cloudinary_cloud(text: str) -> str | None:
    """The cloud name of a `cloudinary://` URL or a delivery URL."""
    address = _address(text)
    if address is None:
        return None
    if address.scheme == "cloudinary":
        return _shown(address.host)
    return _shown(address.path.partition("/")[0]) if address.host == "res.cloudinary.com" else None


# --- platforms, monitoring, messaging -------------------------------------------------------------------------------------


def sentry_project(text: str) -> str | None:
    """`organisation/project` of a DSN, by number; the host where it is self-hosted."""
    address = _address(text)
    if address is None:
        return None
    organisation = re.match(r"o(\d{1,20})\.", address.host)
    project = address.path.strip("/").rpartition("/")[2]
    return _shown(f"o{organisation[1]}/{project}" if organisation else f"{address.host}/{project}")


def sentry_org(text: str) -> str | None:
    """The organisation's slug inside an organisation token (`sntrys_`, getsentry/rfcs 0091, 2026-11)."""
    return _shown((_sentry_token(text) or {}).get("org"))


def sentry_token(text: str) -> bool:
    return "iat" in (_sentry_token(text) or {})


def _sentry_token(text: str) -> dict[str, Any] | None:
    return _object(_bytes(text.removeprefix("sntrys_").partition("_")[0])) if text.startswith("sntrys_") else None


def mapbox_user(text: str) -> str | None:
    """The user name in the token's body (base64 JSON with `u` and `a`)."""
    parts = text.split(".")
    return _shown((_object(_bytes(parts[1])) or {}).get("u")) if len(parts) == 3 else None


def mapbox_token(text: str) -> bool:
    return mapbox_user(text) is not None


def slack_team(text: str) -> str | None:
    """The workspace of a webhook URL (`T...`), or the app of an app-level token (`A...`)."""
    found = re.match(r"https://hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/([TE][A-Z0-9]{6,14})/", text)
    found = found or re.match(r"xapp-\d-([A-Z0-9]{8,14})-", text)
    return found[1] if found else None


def telegram_bot(text: str) -> str | None:
    """The bot's number before the colon."""
    found = re.match(r"(\d{5,14}):", text)
    return found[1] if found else None


def discord_bot(text: str) -> str | None:
    """The bot's user id: the first part is its decimal number in base64."""
    raw = _bytes(text.partition(".")[0]) or b""
    return raw.decode() if re.fullmatch(rb"\d{17,20}", raw) else None


def discord_token(text: str) -> bool:
    return discord_bot(text) is not None


def discord_webhook(text: str) -> str | None:
    """The webhook's id."""
    found = re.search(r"/api/(?:v\d{1,2}/)?webhooks/(\d{17,20})/", text)
    return found[1] if found else None


def coinbase_org(text: str) -> str | None:
    """The organisation of a Coinbase Developer Platform key name."""
    found = re.match(r"organizations/([0-9a-f\-]{36})/apiKeys/", text)
    return found[1] if found else None


def region(text: str) -> str | None:
    """The region word of a host: `us` of `us.i.posthog.com`, `eu` of `api.eu.mailgun.net`."""
    address = _address(text if "://" in text else f"https://{text}")
    found = re.search(r"(?:^|\.)(us|eu|ap|ca|uk|au|in|jp)\d{0,2}(?:-[a-z]+-\d)?\.", address.host) if address else None
    return found[1] if found else None


def host(text: str) -> str | None:
    """The host of a URL, or of a bare host, with the port where it is unusual."""
    address = _address(text if "://" in text else f"https://{text}")
    return _shown(_host(address)) if address else None


def keycloak_realm(text: str) -> str | None:
    """`host/realm` of an issuer's URL."""
    address = _address(text)
    found = re.search(r"(?:^|/)realms/([^/]{1,60})", address.path) if address else None
    return _shown(f"{_host(address)}/{found[1]}") if address and found else None


def word_mode(text: str) -> str | None:
    """`live` or `test` as a word of an id (`project-test-...`)."""
    words = re.split(r"[-_.]", text)
    return next((word for word in words if word in ("live", "test")), None)


def whole(text: str) -> str | None:
    """The value itself, for ids that are no secret."""
    return _shown(text)


def algolia_secured(text: str) -> bool:
    """A secured key: base64 of an HMAC in hex and a query string (Algolia docs, secured API keys, 2026-11)."""
    return re.match(rb"[0-9a-f]{64}[A-Za-z]{1,40}=", _bytes(text) or b"") is not None


def algolia_expiry(text: str) -> str | None:
    """`validUntil` of a secured key."""
    found = re.search(rb"validUntil=(\d{9,11})(?:&|$)", _bytes(text) or b"")
    return _date(int(found[1])) if found else None


def private_key(text: str) -> bool:
    """A PEM block of a private key, with real or escaped line breaks, that holds base64 of at least 32 bytes."""
    found = re.match(r"-----BEGIN ((?:[A-Z0-9]{2,10} ){0,3})PRIVATE KEY(?: BLOCK)?-----([^-]{0,18000})-----END", text)
    body = re.sub(r"(?<!\\)\\+[nr]|\s|[A-Za-z\-]{3,20}: [^\n\\]{0,100}", "", found[2]) if found else ""
    return len(_bytes(body) or b"") >= 32


# --- checksums ------------------------------------------------------------------------------------------------------------


def _base(number: int, digits: str, width: int) -> str:
    text = ""
    while number:
        number, rest = divmod(number, len(digits))
        text = digits[rest] + text
    return text.rjust(width, "0")


def crc32_base62(text: str) -> bool:
    """Six base62 characters of CRC32 end the part behind the first `_`.

    github.blog, 2021-04-05 and, for npm, 2021-09-23; Vercel's of 2026-02: mongodb/kingfisher, rules/vercel.yml, 2026-11.
    """
    body = text.partition("_")[2]
    return len(body) > 6 and body[-6:] == _base(zlib.crc32(body[:-6].encode()), _BASE62, 6)


def gitlab(text: str) -> bool:
    """Seven base36 characters of CRC32 end a routable token; a classic one (20 characters) has no checksum.

    GitLab handbook, cells, routable tokens, 2026-11.
    """
    if "." not in text:
        return True
    return text[-7:] == _base(zlib.crc32(text[:-7].encode()), _BASE36, 7)


# --- tables ---------------------------------------------------------------------------------------------------------------


def same_account(one: str, other: str) -> bool:
    """Whether two accounts may be one: `...` in either stands for what that value does not show."""
    if "..." in one and "..." in other:
        heads, tails = zip(one.partition("...")[::2], other.partition("...")[::2], strict=True)
        return heads[0] == heads[1] and (tails[0].endswith(tails[1]) or tails[1].endswith(tails[0]))
    if "..." in other:
        one, other = other, one
    head, dots, tail = one.partition("...")
    return other.startswith(head) and other.endswith(tail) if dots else one == other


_Account = Callable[[str], "str | None"]
_Test = Callable[[str], bool]

_ACCOUNTS: Mapping[str, _Account] = {
    decoder.__name__: decoder
    for decoder in (
        arn_account, aws_account, azure_storage, blob_store, braintree_merchant, bucket, clerk_host, cloudinary_cloud, coinbase_org, database,
        database_host, discord_bot, discord_webhook, firebase_project, google_project, host, jwt_issuer, keycloak_realm, libsql, mapbox_user, mongodb, neon,
        neon_endpoint, planetscale, queue, r2_account, redis, redis_host, region, remote_host, render_database, sentry_org, sentry_project, slack_team, smtp_identity, sql_server,
        stripe_account, stripe_owner, supabase_ref, telegram_bot, uploadthing_app, upstash_host, whole,
    )
}  # fmt: skip

_VALIDATE: Mapping[str, _Test] = {
    decoder.__name__: decoder
    for decoder in (
        algolia_secured, base64_key, braintree_token, clerk_key, discord_token, google_service_account, jwt_claims, mapbox_token, private_key,
        sentry_token, turso_token, uploadthing_token, workos_key,
    )
}  # fmt: skip

TABLES: Mapping[str, Mapping[str, Callable[[str], object]]] = {
    "account": _ACCOUNTS,
    "validate": _VALIDATE,
    "checksum": {
        "github": crc32_base62,
        "npm": crc32_base62,
        "vercel": crc32_base62,
        "gitlab": gitlab,
    },
    "expires": {"jwt_expiry": jwt_expiry, "azure_expiry": azure_expiry, "algolia_expiry": algolia_expiry},
}

# A mode that is neither a constant nor a group of the shape.
MODE: Mapping[str, Callable[[str], str | None]] = {
    "supabase": supabase_mode,
    "host": host_mode,
    "bare_host": bare_host_mode,
    "azure": azure_mode,
    "braintree": braintree_mode,
    "word": word_mode,
}
