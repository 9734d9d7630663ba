"""Templates of mails and Rails' mail settings: links that lead to a local, tunnel or preview address, and the server that takes the mails.

Read are Supabase's HTML templates, views of Rails' and Laravel's mailers, and templates of Django and others in a folder or file named after
mails. A template serves every environment; links that it takes from the framework (`{{ .SiteURL }}`, `url('/reset')`, `{{ protocol }}://{{ domain }}`,
`root_url`) are right everywhere. `config/environments/NAME.rb` speaks for its environment (Supabase docs, Email Templates; Rails guides, Action
Mailer Basics; Laravel docs, Mail; Django docs, Using the authentication system; 2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from driftline import late
from driftline.formats import Format
from driftline.formats._document import Lines
from driftline.knowledge import hosts
from driftline.knowledge.hosts import Class
from driftline.model import Authority, Literal, Reading, Secret, Text

FORMAT = Format(
    name="mails",
    title="mail templates",
    files=(
        "*.html",
        "*.htm",
        "*.erb",
        "*.mjml",
        "*.hbs",
        "*.handlebars",
        "*.ejs",
        "*.pug",
        "*.liquid",
        "*.jinja",
        "*.jinja2",
        "*.j2",
        "*.twig",
        "*.blade.php",
        "*.heex",
        "*.eml",
        "*.txt",
        "*config/environments/*.rb",
    ),
    authority=Authority.PART,
    nameless="production",
    in_templates=True,
)

LINK = "mail link"
SERVER = "mail server"

_FOLDER = late.pattern(
    r"(?:^|/)(?:e?mails?|[\w\-]*_?mailers?|(?:e?mail)[-_]?(?:templates?|views)|templates?[-_]e?mails?|supabase/templates)(?:/[\w\-.@]+){1,4}$",
    re.IGNORECASE,
)
_FILE = late.pattern(
    r"(?:^|/)(?:templates|views)/(?:[\w\-.]+/){0,4}(?:e?mail[-_.][^/]*|[^/]*[-_]e?mail|[^/]*(?:password_reset|reset_password|verify_email|magic_link)[^/]*)\.\w+(?:\.\w+)?$",
    re.IGNORECASE,
)
_MADE_UP = late.pattern(
    r"(?:^|/)(?:tests?|__tests__|spec|fixtures|docs?|examples?|node_modules|vendor|public|static|dist|build)/", re.IGNORECASE
)
_RAILS = late.pattern(r"(?:^|/)config/environments/(\w+)\.rb$")
_LINK = late.pattern(r"https?://[^\s\"'<>`)\\|{}%]{3,300}")
_WRONG = frozenset((Class.LOCAL, Class.TUNNEL, Class.SINK, Class.PREVIEW, Class.BUILDER_PREVIEW))
_COMMENTS = {"<!--": "-->", "<%#": "%>", "{#": "#}", "{{--": "--}}"}
_BEGINS = late.pattern("|".join(map(re.escape, _COMMENTS)))
_HOST = late.pattern(
    r"^[^#\n]*\bdefault_url_options\b[^{\n]{0,40}\{[^}]{0,200}?\bhost(?::|\"?\s*=>)\s*[\"']([^\"'\n#]{1,200})[\"']", re.MULTILINE
)
_SERVER = late.pattern(r"^[^#\n]*\baddress(?::|\"?\s*=>)\s*[\"']([^\"'\n#]{1,200})[\"']", re.MULTILINE)


def recognises(path: str) -> bool:
    """A template of a mail, by its folder or its name, or the settings of one of Rails' environments."""
    if _MADE_UP.search(path):
        return False
    if path.endswith(".rb"):
        return _RAILS.search(path) is not None
    return (_FOLDER.search(path) or _FILE.search(path)) is not None


def read(text: Text) -> Reading:
    """The wrong links as origins with the role "mail link", Rails' mail server as one with the role "mail server"."""
    rails = _RAILS.search(text.path)
    if rails is None:
        if "://" not in text.content:
            return Reading()
        return Reading(origins=tuple((None, literal) for literal in _links(text)))
    context = rails[1]
    return Reading(contexts=(context,), origins=tuple((context, literal) for literal in _settings(text)))


def _uncommented(content: str) -> str:
    """A text with blanks in place of its comments, so that what follows keeps its place."""
    parts: list[str] = []
    at = 0
    open_ends: set[str] = set()  # not looked for again: each would be looked for to the end of the text
    for begin in _BEGINS.finditer(content):
        if begin.start() < at or begin[0] in open_ends:
            continue
        end = content.find(_COMMENTS[begin[0]], begin.end())
        if end < 0:
            open_ends.add(begin[0])
            continue
        end += len(_COMMENTS[begin[0]])
        parts += content[at : begin.start()], re.sub(r"[^\n]", " ", content[begin.start() : end])
        at = end
    return "".join(parts) + content[at:]


def _links(text: Text) -> Iterator[Literal]:
    lines = Lines(text.content)
    content = _uncommented(text.content)
    for match in _LINK.finditer(content):
        url = hosts.split(match[0])
        if url is not None and hosts.classify(url).kind in _WRONG:
            yield Literal(Secret(match[0]), lines.location(text.path, match.start()), LINK)


def _settings(text: Text) -> Iterator[Literal]:
    lines = Lines(text.content)
    for match in _HOST.finditer(text.content):
        host = match[1] if "://" in match[1] else f"http://{match[1]}"
        yield Literal(Secret(host), lines.location(text.path, match.start(1)), LINK)
    for match in _SERVER.finditer(text.content):
        yield Literal(Secret(match[1]), lines.location(text.path, match.start(1)), SERVER)
