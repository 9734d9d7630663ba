"""Reads driftline.toml (or [tool.driftline] of pyproject.toml); an unknown key is Misuse that names the nearest one."""

import os
import posixpath
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import Any

from driftline import regular
from driftline.knowledge import platform
from driftline.model import Kind, Misuse, Mode, Severity
from driftline.record import NamedTuple

FILE = "driftline.toml"


class EnvironmentSetting(NamedTuple):
    """One `[environments.NAME]` table: its kind, other words for it, its public origins and the files that speak for it.

    `modes` are providers that are used there in another mode than its kind asks for (a demo site in production).
    """

    name: str
    kind: Kind | None = None
    aliases: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    modes: Mapping[str, Mode] = {}


class Accept(NamedTuple):
    """One `[[accept]]` table: a finding that the team lives with, why, and until when."""

    rule: str
    subject: str
    reason: str
    expires: date | None
    app: str | None
    environment: str | None
    line: int


class RuleSetting(NamedTuple):
    """One `[rules.ID]` table: another severity (None: as it is), switched off, paths it skips, and the rule's own options."""

    severity: Severity | None = None
    enabled: bool = True
    paths: tuple[str, ...] = ()
    options: Mapping[str, Any] = {}


class AppSetting(NamedTuple):
    """One `[apps."PATH"]` table: the loader where detection is not wanted, further env files, names optional or ignored there."""

    loader: str | None = None
    sources: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


class Settings(NamedTuple):
    """All of driftline.toml; every field has the meaning of the key of that name. `path` is the file read, None for defaults."""

    path: str | None = None
    environments: Mapping[str, EnvironmentSetting] = {}
    apps: Mapping[str, AppSetting] = {}
    rules: Mapping[str, RuleSetting] = {}
    accept: tuple[Accept, ...] = ()
    exclude: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    fail_on: str | None = None
    baseline: str | None = None
    accounts: Mapping[str, tuple[str, ...]] = {}
    owners: Mapping[str, str] = {}

    @property
    def sources(self) -> frozenset[str]:
        """The files that the settings call env files, of an environment or of an app."""
        named = [setting.sources for setting in self.environments.values()] + [setting.sources for setting in self.apps.values()]
        return frozenset(path for sources in named for path in sources)

    def canonical(self, word: str) -> str:
        """The name of the environment that a word stands for: by an alias of the settings, else as everybody says it (`prod`)."""
        for setting in self.environments.values():
            if word == setting.name or word in setting.aliases:
                return setting.name
        return platform.canonical(word)

    def kind_of(self, word: str) -> Kind | None:
        """The kind of the environment that a word stands for, None where neither the settings nor usage know it."""
        for setting in self.environments.values():
            if word == setting.name or word in setting.aliases:
                return setting.kind or platform.environment_kind(setting.name)
        return platform.environment_kind(word)

    def is_optional(self, name: str, app: str) -> bool:
        """Whether a variable is declared optional (for all apps or this one); `*` is a wildcard."""
        return matches(name, self.optional) or (app in self.apps and matches(name, self.apps[app].optional))

    def is_ignored(self, name: str, app: str) -> bool:
        """Whether a variable is not judged at all (for all apps or this one); `*` is a wildcard."""
        return matches(name, self.ignore) or (app in self.apps and matches(name, self.apps[app].ignore))

    def is_excluded(self, path: str) -> bool:
        """Whether a path is left out of the audit (`exclude` globs, `*` crosses `/`; a folder's name excludes what is in it)."""
        return bool(self.exclude) and (
            matches(path, self.exclude) or any(path.startswith(pattern.rstrip("/") + "/") for pattern in self.exclude)
        )


def matches(word: str, patterns: Iterable[str]) -> bool:
    """Whether a name or a path is one of `patterns`, literally (`app/[id]/page.tsx` is a path) or with its wildcards."""
    return any(word == pattern or fnmatchcase(word, pattern) for pattern in patterns)


_TOP = ("environments", "apps", "rules", "accept", "exclude", "optional", "ignore", "shared", "fail-on", "baseline", "accounts", "owners")
_ENVIRONMENT = ("kind", "aliases", "origins", "sources", "modes")
_MODES = ("live", "test")
_APP = ("loader", "sources", "optional", "ignore")
_ACCEPT = ("rule", "subject", "reason", "expires", "app", "environment")
_OWNED = ("migrations", "rules", "workflows", "variables")
_FAIL_ON = ("blocker", "warning", "note", "never")
_SEVERITIES = ("blocker", "warning", "note", "off")


def read(root: str, config: str | None, rules: Iterable[str] = ()) -> Settings:
    """The settings for the project at `root`: from the file `config`, else driftline.toml, else [tool.driftline] in pyproject.toml.

    `rules` are the known rule ids. Raises Misuse for a file that is missing, unreadable or not TOML, for an unknown key
    or rule (naming the nearest), and for a value of the wrong type.
    """
    path, in_pyproject = config or os.path.join(root, FILE), False
    if config is None and not os.path.lexists(path):
        path, in_pyproject = os.path.join(root, "pyproject.toml"), True
        if not os.path.isfile(path):
            return Settings()
    import tomli

    shown = path if config else os.path.relpath(path, root)
    try:
        text = _text(path)
        data = tomli.loads(text)
    except Misuse as problem:
        if in_pyproject:  # it is not ours to judge; whoever reads the project's packages reports it
            return Settings()
        raise Misuse(f"{shown}: {problem}") from None
    except (ValueError, RecursionError) as error:  # a number of a thousand digits is a ValueError that is no TOMLDecodeError
        if in_pyproject:
            return Settings()
        where = re.search(r"\((at line \d+, column \d+|at end of document)\)$", str(error))
        raise Misuse(f"{shown}: is not valid TOML{f' ({where[1]})' if where else ''}") from None
    reader = _Reader(shown, text, tuple(rules))
    if in_pyproject:
        tool = data.get("tool")
        data = tool.get("driftline", {}) if isinstance(tool, dict) else {}
        if not isinstance(data, dict):
            raise Misuse(f"{shown}: tool.driftline must be a table")
        if not data:
            return Settings()
    return reader.settings(data)


# The longest settings anybody writes by hand are a hundred times shorter.
_MAX_LENGTH = 1024 * 1024


def _text(path: str) -> str:
    """The text of a settings file. Raises Misuse."""
    if os.path.isdir(path):
        raise Misuse("is a folder, not a file")
    try:
        content = regular.read(path, _MAX_LENGTH)
    except regular.Refused as refused:
        raise Misuse(str(refused.strerror)) from None
    except OSError as error:
        raise Misuse(f"cannot be read: {error.strerror}") from None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise Misuse("is not UTF-8") from None


class _Reader:
    """Turns the parsed table into Settings; holds the file's name and text for messages."""

    def __init__(self, shown: str, text: str, rules: tuple[str, ...]) -> None:
        self.shown = shown
        self.text = text
        self.rules = rules

    def settings(self, data: dict[str, Any]) -> Settings:
        self._known(data, _TOP, "")
        return Settings(
            path=self.shown,
            environments=self._environments(data),
            apps={posixpath.normpath(name.strip("/") or "."): self._app(name, table) for name, table in self._tables(data, "apps")},
            rules={name: self._rule(name, table) for name, table in self._tables(data, "rules", allow_word=True)},
            accept=self._accepts(data.get("accept", [])),
            exclude=self._strings(data, "exclude"),
            optional=self._strings(data, "optional"),
            ignore=self._strings(data, "ignore"),
            shared=self._strings(data, "shared"),
            fail_on=self._word(data, "fail-on", _FAIL_ON, "fail-on"),
            baseline=self._string(data, "baseline", "baseline"),
            accounts={
                name: self._strings(self._table(data, "accounts"), name, "accounts.")
                for name in self._of_providers(self._table(data, "accounts"), "accounts.")
            },
            owners={name: self._word_of(name, word) for name, word in self._table(data, "owners").items()},
        )

    def _environments(self, data: dict[str, Any]) -> dict[str, EnvironmentSetting]:
        environments = {name: self._environment(name, table) for name, table in self._tables(data, "environments")}
        spoken: dict[str, str] = {}
        for name, setting in environments.items():
            for word in (name, *setting.aliases):
                other = spoken.setdefault(word, name)
                if other != name:
                    raise Misuse(f'{self.shown}: "{word}" stands for {other} and for {name}')
        return environments

    def _environment(self, name: str, table: dict[str, Any]) -> EnvironmentSetting:
        place = f"environments.{name}."
        self._known(table, _ENVIRONMENT, place)
        kind = self._word(table, "kind", [kind.value for kind in Kind], f"{place}kind")
        if kind is None and platform.environment_kind(name) is None:
            raise Misuse(f"{self.shown}: {place}kind must say what it is for: {', '.join(kind.value for kind in Kind)}")
        origins = tuple(origin.rstrip("/") for origin in self._strings(table, "origins", place))
        for origin in origins:
            if not origin.startswith(("https://", "http://")):
                raise Misuse(f"{self.shown}: {place}origins must be addresses such as https://app.example.com")
        return EnvironmentSetting(
            name,
            Kind(kind) if kind else None,
            self._strings(table, "aliases", place),
            origins,
            tuple(posixpath.normpath(path) for path in self._strings(table, "sources", place)),
            {
                provider: Mode(self._word(self._table(table, "modes"), provider, _MODES, f"{place}modes.{provider}"))
                for provider in self._of_providers(self._table(table, "modes"), f"{place}modes.")
            },
        )

    def _of_providers(self, table: Mapping[str, Any], place: str) -> Iterable[str]:
        """The keys of a table by provider."""
        if table:
            from driftline.knowledge import catalog

            self._known(table, catalog.load().providers, place)
        return table

    def _app(self, name: str, table: dict[str, Any]) -> AppSetting:
        place = f'apps."{name}".'
        self._known(table, _APP, place)
        loader = None
        if "loader" in table:
            from driftline import loaders

            loader = self._word(table, "loader", loaders.LOADERS, f"{place}loader")
        return AppSetting(
            loader,
            tuple(posixpath.normpath(path) for path in self._strings(table, "sources", place)),
            self._strings(table, "optional", place),
            self._strings(table, "ignore", place),
        )

    def _rule(self, name: str, table: Any) -> RuleSetting:
        if self.rules and name not in self.rules:
            raise Misuse(f'{self.shown}: there is no rule "{name}"{nearest(name, self.rules)}')
        place = f"rules.{name}"
        if isinstance(table, str):  # the short form: `missing-variable = "warning"`
            table = {"severity": table}
        severity = self._word(table, "severity", _SEVERITIES, f"{place}.severity")
        options = {key.replace("-", "_"): value for key, value in table.items() if key not in ("severity", "paths")}
        return RuleSetting(
            Severity(severity) if severity and severity != "off" else None,
            severity != "off",
            self._strings(table, "paths", f"{place}."),
            options,
        )

    def _accepts(self, tables: Any) -> tuple[Accept, ...]:
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise Misuse(f"{self.shown}: accept must be written as [[accept]] tables")
        lines = [number for number, line in enumerate(self.text.splitlines(), 1) if line.strip().replace(" ", "") == "[[accept]]"]
        accepts = []
        for index, table in enumerate(tables):
            line = lines[index] if index < len(lines) else 1
            place = f"accept (line {line})"
            self._known(table, _ACCEPT, f"{place} ")
            for key in ("rule", "subject", "reason"):
                if not self._string(table, key, f"{place} {key}"):
                    raise Misuse(f"{self.shown}: {place} needs a {key}")
            if self.rules and table["rule"] not in self.rules:
                raise Misuse(f'{self.shown}: {place}: there is no rule "{table["rule"]}"{nearest(table["rule"], self.rules)}')
            accepts.append(
                Accept(
                    table["rule"],
                    table["subject"],
                    table["reason"],
                    self._date(table.get("expires"), f"{place} expires"),
                    self._string(table, "app", f"{place} app"),
                    self._string(table, "environment", f"{place} environment"),
                    line,
                )
            )
        return tuple(accepts)

    def _known(self, table: Mapping[str, Any], keys: Iterable[str], place: str) -> None:
        for key in table:
            if key not in keys:
                raise Misuse(f'{self.shown}: unknown key "{place}{key}"{nearest(key, keys)}')

    def _tables(self, data: dict[str, Any], key: str, *, allow_word: bool = False) -> list[tuple[str, Any]]:
        tables = data.get(key, {})
        if not isinstance(tables, dict):
            raise Misuse(f"{self.shown}: {key} must be a table")
        for name, table in tables.items():
            if not isinstance(table, dict) and not (allow_word and isinstance(table, str)):
                raise Misuse(f"{self.shown}: {key}.{name} must be a table")
        return list(tables.items())

    def _table(self, data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        table = data.get(key, {})
        if not isinstance(table, dict):
            raise Misuse(f"{self.shown}: {key} must be a table")
        return table

    def _word_of(self, name: str, word: Any) -> str:
        self._known({name: word}, _OWNED, "owners.")
        if not isinstance(word, str) or not word:
            raise Misuse(f"{self.shown}: owners.{name} must be a name or a team")
        return word

    def _strings(self, table: Mapping[str, Any], key: str, place: str = "") -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise Misuse(f"{self.shown}: {place}{key} must be a list of strings")
        return tuple(value)

    def _string(self, table: Mapping[str, Any], key: str, place: str) -> str | None:
        value = table.get(key)
        if value is not None and not isinstance(value, str):
            raise Misuse(f"{self.shown}: {place} must be a string")
        return value

    def _word(self, table: Mapping[str, Any], key: str, words: Iterable[str], place: str) -> str | None:
        value = self._string(table, key, place)
        if value is not None and value not in words:
            raise Misuse(f'{self.shown}: {place} cannot be "{value}"; it is one of {", ".join(words)}{nearest(value, words)}')
        return value

    def _date(self, value: Any, place: str) -> date | None:
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            raise Misuse(f"{self.shown}: {place} must be a date such as 2027-01-31") from None


def nearest(word: str, words: Iterable[str]) -> str:
    """The end of a message that names the word which was probably meant; empty where none is near."""
    known = list(words)
    import difflib

    close = difflib.get_close_matches(word, known, 1, 0.6) or [other for other in known if len(word) > 2 and other.startswith(word)]
    return f'; did you mean "{close[0]}"?' if close else ""
