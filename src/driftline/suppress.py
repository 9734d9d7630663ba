"""Marks the findings that the team has accepted: inline comments, [[accept]] tables, a baseline; and finds the stale ones."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date

from driftline import late
from driftline.model import Finding, Misuse, Suppression
from driftline.project.settings import Accept, Settings, matches
from driftline.record import NamedTuple

BASELINE = "driftline/baseline/1"
# Where a baseline lies unless driftline.toml says otherwise.
FILE = "driftline-baseline.json"

# In any comment syntax: of what stands before the word only counts whether the line is all comment.
_COMMENT = late.pattern(r"driftline:[ \t]*ignore\[([a-z0-9, \t-]{1,200})\][ \t:,-]*([^\r\n]{0,300})")

# How a line begins that is nothing but a comment: scripts and configuration, C's family, HTML, JSX, SQL and Lua, INI, TeX, Basic, batch,
# PowerShell, ML, Haml, reStructuredText, Fortran and properties; then templates: Jinja, Handlebars, Blade, Liquid, ERB and EJS, JSP, Razor; a
# link's label that Markdown never shows.
_ALL_COMMENT = (
    "#", "//", "/*", "*", "<!--", "{/*", "--", ";", "%", "'", '"""', "REM ", "rem ", "::", "<#", "(*", "-#", ".. ", "! ",
    "{#", "{{!", "{{--", "{%", "<%#", "<%--", "@*", "[//]:",
)  # fmt: skip
# How such a comment ends, the longer ones first.
_ENDS = (
    "*/}", "*/", "--%>", "-->", "--}}", "}}", "-%>", "%>", "*@", "#>", "#}", "*)", '"""', "'''", "{% endcomment %}", "{%- endcomment -%}",
)  # fmt: skip

# Line ends as locations count them; str.splitlines knows more of them.
_LINE_END = late.pattern(r"\r\n|\n|\r")

# detect-secrets' own comment, in its comment syntaxes (detect_secrets/filters/allowlist.py, 1.5.0); it speaks of a secret in that line
# of text, and so for these rules only. One that meets no finding of ours is detect-secrets' business and never stale.
_PRAGMA = late.pattern(r"(?:#|//|/\*|'|--|<!--)[ \t#]{0,20}pragma: ?(?:allow|white)list([ -]nextline)?[ -]secret")
_PRAGMA_RULES = frozenset(("committed-secret", "exposed-secret", "exposed-env-value", "test-credential-fallback"))


class Accepted(NamedTuple):
    """One line of a baseline file: the finding it accepts, why and until when."""

    fingerprint: str
    reason: str
    expires: date | None
    rule: str
    subject: str


class _Comment(NamedTuple):
    """An ignore comment; `alone` is True where its line holds nothing else."""

    rules: tuple[str, ...]
    reason: str
    alone: bool


class Result(NamedTuple):
    """Every finding, marked where accepted, and a sentence for each suppression that matches nothing or has expired."""

    findings: tuple[Finding, ...]
    stale: tuple[str, ...]


def fingerprint(finding: Finding) -> str:
    """Names a finding across runs: rule, app, environment, subject and the file without its build hash; no line, no value."""
    parts = (finding.rule, finding.app, finding.environment or "", finding.subject, _steady(finding.location.path))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:20]


# `index-B7x2kQ9a.js`, `main.3f9c2ab1.js`, `page-0a1b2c3d4e5f6a7b.js`: the hash changes with every build. A word and a number
# (`config-production2.ts`) is a name.
_BUILD_HASH = late.pattern(r"([-._])(?=[A-Za-z0-9_]*\d)(?![A-Za-z_]+\d{1,4}\.)[A-Za-z0-9_]{8,}(?=\.)")


def _steady(path: str) -> str:
    return _BUILD_HASH.sub(r"\1#", path)


def number(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings with their fingerprints; equal ones (same rule and subject twice in a file) are counted apart, in order."""
    seen: dict[str, int] = {}
    result = []
    for finding in findings:
        name = fingerprint(finding)
        seen[name] = seen.get(name, 0) + 1
        result.append(finding._replace(fingerprint=name if seen[name] == 1 else f"{name}-{seen[name]}"))
    return tuple(result)


def mark(
    findings: Sequence[Finding],
    settings: Settings,
    baseline: Sequence[Accepted],
    text_of: Callable[[str], str | None],
    today: date,
    *,
    whole: bool = True,
    judged: Mapping[str, bool] | None = None,
    commented: Iterable[str] = (),
) -> Result:
    """The findings with their suppressions. `text_of` gives a file's text or None.

    `whole` is False where only a part was judged (one environment, one commit): then silence proves no suppression stale. `judged` are
    all rules and whether each was judged in this run, None for all of them. `commented` are files that may hold ignore comments.
    """
    used: set[object] = set()
    comments: dict[str, Mapping[int, _Comment]] = {}
    pragmas: dict[str, frozenset[int]] = {}
    marked = []
    for finding in findings:
        path = finding.location.path
        if path not in comments:
            text = text_of(path)
            comments[path] = _comments(text)
            pragmas[path] = _pragmas(text)
        suppressions = list(_suppressions(finding, comments[path], settings.accept, baseline, today))
        used.update(key for _, key in suppressions)
        suppression = suppressions[0][0] if suppressions else None
        if suppression is None and finding.rule in _PRAGMA_RULES and finding.location.line in pragmas[path]:
            suppression = Suppression("comment", "pragma: allowlist secret")
        marked.append(finding._replace(suppressed=suppression))

    def is_stale(rule: str, key: object) -> bool:
        return whole and key not in used and (judged is None or judged.get(rule, True))

    stale: list[str] = []
    for accept in settings.accept:
        if accept.expires and accept.expires < today:
            stale.append(f"{settings.path}:{accept.line}: the accepted {accept.rule} of {accept.subject} expired on {accept.expires}")
        elif is_stale(accept.rule, accept):
            stale.append(f"{settings.path}:{accept.line}: accepts {accept.rule} of {accept.subject}, which is not found any more")
    for entry in baseline:
        if entry.expires and entry.expires < today:
            stale.append(f"baseline: the accepted {entry.rule} of {entry.subject} expired on {entry.expires}")
        elif is_stale(entry.rule, entry):
            stale.append(f"baseline: accepts {entry.rule} of {entry.subject}, which is not found any more")
    for path in commented if whole else ():
        if path not in comments:
            comments[path] = _comments(text_of(path))
    for path, lines in comments.items():
        for line, comment in lines.items():
            for rule in comment.rules:
                if is_stale(rule, (path, line, rule)):
                    known = judged is None or rule in judged
                    stale.append(f"{path}:{line}: the comment ignores {rule}, which is {'not found there' if known else 'no rule'}")
    return Result(tuple(marked), tuple(sorted(stale)))


def _suppressions(
    finding: Finding,
    comments: Mapping[int, _Comment],
    accepts: Sequence[Accept],
    baseline: Sequence[Accepted],
    today: date,
) -> Iterator[tuple[Suppression, object]]:
    """Every suppression of a finding with its key, the one that counts first."""
    at = finding.location.line
    for line, comment in ((at, comments.get(at)), (at - 1, comments.get(at - 1))):
        # Behind code, a comment speaks of its own line only.
        if comment is not None and finding.rule in comment.rules and (line == at or comment.alone):
            yield Suppression("comment", comment.reason or "no reason given"), (finding.location.path, line, finding.rule)
    for accept in accepts:
        if accept.rule == finding.rule and _names(accept, finding) and _applies(accept, finding, today):
            yield Suppression("config", accept.reason, accept.expires.isoformat() if accept.expires else None), accept
    for entry in baseline:
        if entry.fingerprint == finding.fingerprint and (entry.expires is None or entry.expires >= today):
            yield Suppression("baseline", entry.reason, entry.expires.isoformat() if entry.expires else None), entry


def _names(accept: Accept, finding: Finding) -> bool:
    """Whether its subject is the finding's, or the path where the finding stands: that is what a reader sees of a finding without a variable."""
    return any(matches(name, (accept.subject,)) for name in (finding.subject, finding.location.path))


def _applies(accept: Accept, finding: Finding, today: date) -> bool:
    return (
        (accept.expires is None or accept.expires >= today)
        and (accept.app is None or accept.app == finding.app)
        and (accept.environment is None or accept.environment == finding.environment)
    )


def _comments(text: str | None) -> dict[int, _Comment]:
    """The ignore comments of a text, by line."""
    if text is None or "driftline:" not in text:
        return {}
    found = {}
    for number_, line in enumerate(_LINE_END.split(text), 1):
        match = _COMMENT.search(line)
        if match:
            reason = match[2].strip()
            for end in _ENDS:
                reason = reason.removesuffix(end).strip()
            rules = tuple(rule.strip() for rule in match[1].split(",") if rule.strip())
            found[number_] = _Comment(rules, reason, line.lstrip().startswith(_ALL_COMMENT))
    return found


def _pragmas(text: str | None) -> frozenset[int]:
    """The lines that detect-secrets is told to leave alone."""
    if text is None or "list" not in text or "pragma:" not in text:
        return frozenset()
    found = ((number_, _PRAGMA.search(line)) for number_, line in enumerate(_LINE_END.split(text), 1) if "pragma:" in line)
    return frozenset(number_ + bool(match[1]) for number_, match in found if match)


def read_baseline(text: str, path: str) -> tuple[Accepted, ...]:
    """The accepted findings of a baseline file. Raises Misuse when it is not one, naming the line."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise Misuse(f"{path}: is not a baseline (not valid JSON); after a merge conflict, write it anew by `driftline baseline`") from None
    if not isinstance(data, dict) or data.get("schema") != BASELINE or not isinstance(data.get("findings"), list):
        raise Misuse(f"{path}: is not a {BASELINE} file")
    entries = []
    for index, item in enumerate(data["findings"], 1):
        try:
            expires = date.fromisoformat(item["expires"]) if item.get("expires") else None
            entries.append(Accepted(str(item["fingerprint"]), str(item["reason"]), expires, str(item["rule"]), str(item["subject"])))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Misuse(f"{path}: finding {index} is not complete") from None
    return tuple(entries)


def baseline_text(findings: Iterable[Finding], reason: str, expires: date | None, kept: Iterable[Accepted] = ()) -> str:
    """A baseline of the open findings: sorted, one line per finding, so that a difference is read at a glance.

    Those that `kept` accepts already keep their reason and their end; `reason` and `expires` are the others'.
    """
    before = {one.fingerprint: (one.reason, one.expires) for one in kept}

    def said(finding: Finding) -> dict[str, str | None]:
        why, until = before.get(finding.fingerprint, (reason, expires))
        return {"reason": why, "expires": until.isoformat() if until else None}

    rows = sorted(
        json.dumps(
            {
                "rule": finding.rule,
                "subject": finding.subject,
                "path": _steady(finding.location.path),
                "fingerprint": finding.fingerprint,
                **said(finding),
            },
            ensure_ascii=True,
        )
        for finding in findings
        if finding.suppressed is None
    )
    body = ",\n".join(rows)
    return f'{{"schema": "{BASELINE}", "findings": [\n{body}\n]}}\n'
