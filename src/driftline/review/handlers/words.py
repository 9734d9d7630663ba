"""The words by which handlers are judged: whose a row is, what somebody may do, what something costs, and what asks who is calling."""

from __future__ import annotations

import re
from collections.abc import Iterable

from driftline import late

# All of these are matched against names in lower case without `_` and `-`.
_OWNER = late.pattern(
    r"(?:(?:auth|clerk|current|my|supabase|firebase)?user|owner|tenant|org|organi[sz]ation|account|team|workspace|company|customer|client|member|profile"
    r"|author|creator|seller|buyer|vendor|merchant|student|teacher|employee|patient|doctor|driver)(?:uu)?id|uid|tenant|ownedby|createdby|stripecustomer"
)
# `client_id` names an OAuth client as often as somebody's customer.
_NO_OWNER = frozenset(("clientid",))
_POWER = late.pattern(
    r"(?:user)?roles?|(?:is)?admin|is(?:super)?user|isstaff|issuperadmin|ispro|ispremium|plan|tier|subscription(?:plan|tier)|permissions?|scopes|credits?|balance"
)
_PRICE = late.pattern(
    r"(?:unit|item|base|total|order|sale|final|custom|discounted)?(?:amount|price|total|cost|fee|subtotal)(?:in|total)?(?:cents|usd|eur)?"
)
# Headers in which a proxy tells a server who is asking, and which any client can send as well.
_HEADER = late.pattern(
    r"x-(?:auth-)?(?:user|tenant|org|organi[sz]ation|account|role|team|customer|company|workspace|member|owner)(?:[-_]?(?:id|role|name|email))?|x-is-?admin|x-auth-user"
    r"|(?:user|tenant|account|org|organization)-?id",
    re.IGNORECASE,
)
_TENANT_HEADER = late.pattern(r"tenant|org|team|company|workspace|account", re.IGNORECASE)


def plain(name: str) -> str:
    """A name in lower case without `_` and `-`, so that all spellings are one."""
    return name.lower().replace("_", "").replace("-", "")


def is_owner(name: str) -> bool:
    """Whether a name says whose a row is: `user_id`, `tenantId`, `uid`."""
    word = plain(name)
    return _OWNER.fullmatch(word) is not None and word not in _NO_OWNER


def is_power(name: str) -> bool:
    """Whether a name says what somebody may do or has paid for: `role`, `is_admin`, `credits`."""
    return _POWER.fullmatch(plain(name)) is not None


def is_message(columns: Iterable[str]) -> bool:
    """Whether a row with these columns is what somebody, or a model, said."""
    return not _SAID.isdisjoint(map(plain, columns))


_SAID = frozenset(("content", "contents", "message", "messagetext", "text", "parts", "prompt"))


def is_price(name: str) -> bool:
    """Whether a name says what something costs: `amount`, `unit_price`, `totalInCents`."""
    return _PRICE.fullmatch(plain(name)) is not None


def is_identity_header(name: str) -> bool:
    """Whether a header says who is asking: `X-User-Id`, `x-tenant-id`, `x-role`."""
    return _HEADER.fullmatch(name) is not None


def is_tenant_header(name: str) -> bool:
    """Whether an identity header only chooses among what somebody belongs to, which a handler that knows its caller may compare."""
    return _TENANT_HEADER.search(name) is not None


# What asks who is calling, in JavaScript: the calls of the login libraries, and own helpers by their names. A handler that reads the header or
# the cookie that holds a token, that answers 401 or 403, or that checks a signature or a shared secret asks as well.
ASKS = late.pattern(
    rb"getServerSession|\bgetSession\b|getUser\b|currentUser\b|\bauth\(|\bauth\.api\b|\.auth\.(?:getUser|getSession|getClaims|uid)|getAuth\(|getToken\(|verifyToken|jwtVerify"
    rb"|jwt\.verify|\.verifyIdToken|verifyJwt|jwtPayload|validateRequest|validateSession|authenticateRequest|withApiAuthRequired|getKindeServerSession|isAuthenticated"
    rb"|[uU]nauthori[sz]ed|UNAUTHORI[SZ]ED|\b401\b|\b403\b|FORBIDDEN|[hH]eaders?(?:\(\))?\)?\??\s*(?:\.get\(\s*|\.|\[\s*|\(\s*)[\"'`]?[aA]uthorization\b|getHeader\([^()]{0,30}[\"']authorization"
    rb"|(?:require|check|ensure|assert|verify|with|is|get|load|fetch|resolve|validate|use|current|must|has|can|authorize|authenticate)[A-Za-z]{0,40}"
    rb"(?:Auth|User|Session|Admin|Permission|Access|Role|Login|LoggedIn|Signed|Member|Owner|ApiKey|Token|Identity|Principal|Caller|Account|Viewer)\w{0,40}\s{0,20}\("
    rb"|\b(?:authenticate|authorize|protect|requireLogin|requireAuth)\w{0,40}\s{0,20}\(|[cC]ookies?\s*(?:\(\s*\)|\.get\b|\[|\.(?:session|token|auth|access_token|jwt))"
    rb"|constructEvent|[sS]ignature|timingSafeEqual|createHmac|\.verify\s*\(|\bsvix\b|[xX]-[aA][pP][iI]-[kK]ey|passport\.|\b(?:context|request|ctx|req|event)\??\.auth\b|\bsession\b"
    rb"|\b(?:req|request|ctx|c|event|locals|context)\??\.(?:locals\??\.|state\??\.|context\??\.)?(?:user|session|auth|userId|currentUser|jwt)\b|\blocals\.\w{0,40}(?:user|session|auth)"
    rb"|\bc\.(?:get|var)\b[(.]\s*[\"']?(?:user|session|jwt|auth)|(?:[!=]==?\s*(?:`Bearer \$\{)?(?:process\.env\b|Deno\.env|import\.meta\.env|env\.))|(?:process\.env\.\w+|Deno\.env\.get\([^()]*\))\s*[!=]==?",
)
# Of these, the ones whose result says who it is.
SESSION_CALL = late.pattern(
    rb"getServerSession|\bgetSession\b|\bgetUser\b|currentUser\b|\bauth\(|getAuth\(|getToken\(|verifyToken|jwtVerify|jwt\.verify|\.verifyIdToken|validateRequest|validateSession"
    rb"|\.auth\.(?:getUser|getSession|getClaims)|authenticateRequest|getKindeServerSession|requireUserSession|getUserSession"
    rb"|(?:require|ensure|verify|get|load|current|authenticate)[A-Za-z]{0,40}(?:User|Session|UserId|Account|Identity|Auth)\w{0,40}\s{0,20}\("
)
SESSION = late.pattern(
    rb"\b(?:session|currentUser|authUser|authenticatedUser|claims|locals\??\.(?:user|session|auth)|(?:req|request|ctx|context|event)\??\.(?:user|session|auth|userId)|jwtPayload)\b"
)
# A name of a middleware or a wrapper that asks; and those that wrap for another reason.
GUARD = late.pattern(
    rb"auth|protect|guard|verif|requir|login|session|jwt|token|permission|admin|\brole|hasRole|\bis[A-Z]\w*|access|passport|clerk|secur|signed|owner|member|bearer|apiKey|api_key|checkJwt",
    re.IGNORECASE,
)
NO_GUARD = late.pattern(
    rb"valid|async|catch|error|cors|sentry|log|rate|limit|cache|trace|upload|multer|json|urlencoded|compress|helmet|static|parse|method|tracing|metric|csrf|requestId|idempot|schema",
    re.IGNORECASE,
)
# Who may do something although it is another's: then a request has to name that other one.
MAY = late.pattern(
    rb"admin|\brole|[rR]ole\b|permission|isOwner|[oO]wnerId\s*[!=]==?|\bcan[A-Z]|allowed|[fF]orbidden|FORBIDDEN|\b403\b|polic(?:y|ies)|ability|[mM]ember(?:ship)?\b|[hH]asAccess|[aA]ccess\w{0,80}\(|belongsTo|superuser|staff"
)
# What lets nobody by but those who may set every column anyway.
# A caller that holds the project's own key, and is trusted with whom it acts for.
OURS = late.pattern(rb"(?i)internal|service_?role|is_?service|is_?system|is_?cron|trusted")
ADMINISTRATOR = late.pattern(rb"\b(?:require|assert|ensure|verify|check)\w{0,12}(?:Admin|Superuser|SuperUser|Staff)\w*\s*\(")
# Payment calls whose amount the customer chooses.
CHOSEN = late.pattern(
    rb"donat|\btips?\b|tipAmount|gift|contribut|pay.?what|top.?up|deposit|wallet|fundrais|pledge|tithe|offering|customAmount|withdraw|payout|transfer",
    re.IGNORECASE,
)
