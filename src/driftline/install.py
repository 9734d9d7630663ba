"""Installs driftline into a project: a commented driftline.toml, and a call in the hook tool the project already uses; and takes both back."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator

from driftline import __version__, audit, late, regular
from driftline.model import App, Misuse, Unreadable
from driftline.project import git
from driftline.project.settings import FILE, Settings
from driftline.record import NamedTuple

# What stands around our lines in files that are not ours.
_BEGIN, _END = "# driftline: begin", "# driftline: end"
_BLOCK = late.pattern(rf"^[ \t]*{_BEGIN}\n.*?^[ \t]*{_END}(?:\n|\Z)", re.MULTILINE | re.DOTALL)
_CALL = "driftline commit"
# Programs with windows start git with a short PATH, without the folder that pipx installs into; and a hook that is committed runs
# on machines where nobody has installed driftline yet.
_SCRIPT = f"""{_BEGIN}
PATH="$PATH:$HOME/.local/bin"
command -v driftline >/dev/null || {{ echo "driftline is not installed, so nothing was judged: pipx install driftline" >&2; exit 3; }}
{_CALL} || exit $?
{_END}
"""
_HEAD = "# Written by `driftline init`; every key is optional."
_REPOSITORY = "https://github.com/driftline/driftline"


class Step(NamedTuple):
    """One file to write (`content`), or to delete (None), relative to the root; `path` is None for a sentence alone."""

    said: str
    path: str | None = None
    content: str | None = None
    executable: bool = False


def install(root: str, *, hook: bool = True) -> list[Step]:
    """The steps that set a project up; what is there already is left as it is. Raises Misuse when the root cannot be audited."""
    steps = []
    if os.path.exists(os.path.join(root, FILE)):
        steps.append(Step(f"{FILE} is there already; left as it is."))
    else:
        steps.append(Step(f"Wrote {FILE}: look through it, and commit it.", FILE, _settings(root)))
    top = git.repository(root)
    if hook and top is None:
        steps.append(Step("There is no git repository here, so no hook was installed."))
    elif hook and top is not None:
        steps.append(_at(root, top, _hook(top)))
    return steps


def remove(root: str) -> list[Step]:
    """The steps that take back what `install` wrote; a driftline.toml that was changed since is kept. Raises Misuse for no folder."""
    if not os.path.isdir(root):
        raise Misuse(f"{root}: there is no such folder")
    steps = []
    text = _text(root, FILE)
    if text is not None and text.startswith(_HEAD) and all(map(_OURS.fullmatch, text.splitlines())):
        steps.append(Step(f"Removed {FILE}.", FILE, None))
    elif text is not None:
        steps.append(Step(f"{FILE} has been changed since; it is yours, and stays."))
    top = git.repository(root)
    if top is not None:
        steps += (_at(root, top, step) for step in _unhooked(top))
    return steps or [Step("Nothing of driftline is installed here.")]


def _unhooked(root: str) -> Iterator[Step]:
    """The steps that take our call out of the hooks of the repository whose top is `root`."""
    hooks = _git_hook(root)
    for path in dict.fromkeys(filter(None, (".pre-commit-config.yaml", ".husky/pre-commit", *_LEFTHOOK, hooks))):
        text = _text(root, path)
        if text is None or _BEGIN not in text:
            continue
        rest = _BLOCK.sub("", text)
        if path == ".pre-commit-config.yaml":  # it was a list without entries, and pre-commit wants one
            rest = re.sub(r"^repos:[ \t]*\n(?=\n*(?:\w|\Z))", "repos: []\n", rest, count=1, flags=re.MULTILINE)
        # Only the scripts may have been made by us.
        if path in (".husky/pre-commit", hooks) and rest.strip("\n") in ("", "#!/bin/sh"):
            yield Step(f"Removed {path}.", path, None)
        else:
            yield Step(f"Took driftline out of {path}.", path, rest)
    package = _text(root, "package.json")
    if package is not None and (without := _simple_without(package)) is not None:
        yield Step(
            "Took driftline out of simple-git-hooks in package.json; run `npx simple-git-hooks` once, which takes it out of the hook.",
            "package.json",
            without,
        )


# --- driftline.toml ---------------------------------------------------------------------------------------------------------


def _settings(root: str) -> str:
    """A driftline.toml that says what was found, as comments: nothing of it changes the judgement until it is uncommented."""
    try:
        apps = audit.read(audit.Request(root, Settings())).facts.apps
    except Unreadable as problem:
        raise Misuse(problem.reason) from None
    lines = [_HEAD, "", '# fail-on = "blocker"  # blocker, warning, note or never', '# exclude = ["legacy/*"]', ""]
    names: dict[str, str] = {}
    for app in apps:
        lines += _found(app)
        names.update({environment.name: environment.kind.value for environment in app.environments})
    for name, kind in names.items():
        example = "https://app.example.com" if kind == "production" else f"https://{name}.example.com"
        lines += [
            "",
            f"# [environments.{json.dumps(name) if not re.fullmatch(r'[A-Za-z0-9_-]+', name) else name}]",
            f'# kind = "{kind}"',
            f'# origins = ["{example}"]  # the addresses of this environment: callbacks are judged by them',
        ]
    lines += [
        "",
        "# [rules]",
        '# unused-variable = "off"',
        "",
        "# [[accept]]",
        '# rule = "shared-data-store"',
        '# subject = "DATABASE_URL"',
        '# reason = "previews read the production catalogue"',
        "# expires = 2027-01-31",
        "",
    ]
    return "\n".join(lines)


# What `_settings` writes, in any state of the project, and nobody else: the project may have changed since, and the file with it not.
_OURS = late.pattern(
    r"""(?x) | \#\ Written\ by\ .* | \#\ Found\ in\ .* | \#\ \ \ .*:\ .* | \#\ \[environments\..*\] | \#\ kind\ =\ "(?:local|preview|production)"
    | \#\ origins\ =\ \["https://[^"]*\.example\.com"\]\ .* | \#\ fail-on\ =\ "blocker"\ .* | \#\ exclude\ =\ \["legacy/\*"\] | \#\ \[rules\]
    | \#\ unused-variable\ =\ "off" | \#\ \[\[accept\]\] | \#\ rule\ =\ "shared-data-store" | \#\ subject\ =\ "DATABASE_URL"
    | \#\ reason\ =\ "previews\ read\ the\ production\ catalogue" | \#\ expires\ =\ 2027-01-31"""
)


def _found(app: App) -> list[str]:
    where = "this project" if app.path == "." else app.path
    lines = [f"# Found in {where}: {app.framework or app.runtime}, env files read as {app.loader} reads them."]
    for environment in app.environments:
        sources = ", ".join(source.path for source in environment.sources) or "no file speaks for it"
        lines.append(f"#   {environment.name}: {sources}")
    return lines


# --- the hook ---------------------------------------------------------------------------------------------------------------

# lefthook.dev, "Config file name"; simple-git-hooks' README, "Additional configuration options".
_LEFTHOOK = tuple(f"{place}lefthook.{kind}" for place in ("", ".", ".config/") for kind in ("yml", "yaml"))
_LEFTHOOK_OTHERS = tuple(f"{place}lefthook.{kind}" for place in ("", ".", ".config/") for kind in ("toml", "json", "jsonc"))
_SIMPLE_OTHERS = tuple(f"{dot}simple-git-hooks.{kind}" for dot in (".", "") for kind in ("json", "cjs", "js", "mjs"))


def _hook(root: str) -> Step:
    """The step that adds the call where the hooks of the repository are kept; `root` is its top."""
    configured = _text(root, ".pre-commit-config.yaml")
    if configured is not None:
        return _pre_commit(configured)
    if os.path.isdir(os.path.join(root, ".husky")):
        return _shell(root, ".husky/pre-commit", "husky")
    for name in _LEFTHOOK:
        text = _text(root, name)
        if text is not None:
            return _lefthook(name, text)
    package = _text(root, "package.json")
    if package is not None and _SIMPLE_HOOKS.search(package):
        return _simple(package)
    for name in (*_LEFTHOOK_OTHERS, *_SIMPLE_OTHERS):
        if os.path.exists(os.path.join(root, name)):
            return Step(f"Your hooks are configured in {name}; add `{_CALL}` to its pre-commit yourself.")
    own = _git_hook(root)
    if own is None:
        return Step(f"git keeps its hooks outside this repository (core.hooksPath); add `{_CALL}` there yourself.")
    return _shell(root, own, "husky" if ".husky" in own else "git")


def _at(root: str, top: str, step: Step) -> Step:
    """A step of the repository's top, with its path relative to the project's root, and the line ends that the file has already."""
    if step.path is None:
        return step
    path = os.path.join(top, step.path)
    if step.content is not None and os.path.exists(path):
        there = regular.read(path).replace(_SCRIPT.encode(), b"")
        if there.count(b"\r\n") * 2 > there.count(b"\n"):
            # A shell takes no other line ends than its own behind a brace.
            content = step.content.replace("\n", "\r\n").replace(_SCRIPT.replace("\n", "\r\n"), _SCRIPT)
            step = step._replace(content=content)
    return step._replace(path=os.path.relpath(path, root))


def _shell(root: str, path: str, tool: str) -> Step:
    there = _text(root, path)
    if there is not None and _CALL in there:
        return Step(f"{path} calls driftline already.")
    text = there if there is not None else "" if tool == "husky" else "#!/bin/sh\n"
    if text.startswith("#!") and _SHELL.match(text) is None:
        return Step(f"{path} is no shell script, and stays as it is; let it run `{_CALL}` and end with its exit code.")
    if _HUSKY_4.search(text) is not None:
        return Step(
            f"{path} is written anew by every install of husky 4; add `{_CALL}` to husky's hooks in package.json or .huskyrc yourself."
        )
    # Behind an `exec` nothing would run: ours comes first, after the first line, or after the one by which husky 8 starts the hook again.
    start = _HUSKY_8.search(text) or _FIRST_LINE.match(text)
    at = start.end() if start is not None else 0
    head = text[:at] if text[:at].endswith("\n") or not at else text[:at] + "\n"
    return Step(f"Added `{_CALL}` to {path} ({tool}).", path, head + _SCRIPT + text[at:], executable=True)


_SHELL = late.pattern(r"#![^\n]*\b(?:sh|bash|dash|ash|ksh|zsh)(?:\.exe)?\b")
_FIRST_LINE = late.pattern(r"#![^\n]*(?:\n|\Z)")
_HUSKY_4 = late.pattern(r"^# Created by Husky v[1-4]\.", re.MULTILINE)
_HUSKY_8 = late.pattern(r"^[ \t]*(?:\.|source)[ \t][^\n]*/_/husky\.sh[^\n]*(?:\n|\Z)", re.MULTILINE)


def _pre_commit(text: str) -> Step:
    if "driftline" in text:
        return Step(".pre-commit-config.yaml names driftline already.")
    lines = [f"{_BEGIN}", f"- repo: {_REPOSITORY}", f"  rev: v{__version__}", "  hooks:", "  - id: driftline", f"{_END}"]
    items = re.search(r"^repos:[ \t]{0,40}(\[[ \t]{0,40}\])?[ \t]{0,40}(?:#.*)?$", text, re.MULTILINE)
    if items is None:
        return Step(f".pre-commit-config.yaml has no `repos:` list to add to; add the hook `driftline` of {_REPOSITORY} yourself.")
    if items[1]:
        text = text.replace(items[0], "repos:", 1)
    indent = re.search(r"^repos:[^\n]*\n(?:[ \t]*(?:#[^\n]*)?\n)*([ \t]*)-", text, re.MULTILINE)
    before = indent[1] if indent else ""
    # The list ends where the next key of the top level begins.
    start = text.index("repos:")
    following = re.search(r"^[A-Za-z_][\w-]*:", text[start + 6 :], re.MULTILINE)
    end = start + 6 + following.start() if following else len(text)
    # A comment that stands between them speaks of that key.
    last = [*re.finditer(r"^[ \t]*[^\s#][^\n]*(?:\n|\Z)", text[:end], re.MULTILINE)][-1].end()
    head = text[:last] if text[:last].endswith("\n") else text[:last] + "\n"
    block = "".join(f"{before}{line}\n" for line in lines)
    return Step(
        "Added driftline to .pre-commit-config.yaml; run `pre-commit install` once.", ".pre-commit-config.yaml", head + block + text[last:]
    )


def _lefthook(path: str, text: str) -> Step:
    if _CALL in text:
        return Step(f"{path} calls driftline already.")
    found = _LEFTHOOK_LIST.search(text)
    if found is not None:
        indent = found[2]
        entry = ("driftline:", f"  run: {_CALL}") if found[1] == "commands" else ("- name: driftline", f"  run: {_CALL}")
        block = "".join(f"{indent}{line}\n" for line in (_BEGIN, *entry, _END))
        content = text[: found.start(2)] + block + text[found.start(2) :]
    elif re.search(r"^pre-commit:", text, re.MULTILINE) is not None:
        return Step(f"{path} has a pre-commit section without commands or jobs; add `{_CALL}` to it yourself.")
    else:
        content = (
            text if text.endswith("\n") or not text else text + "\n"
        ) + f"{_BEGIN}\npre-commit:\n  commands:\n    driftline:\n      run: {_CALL}\n{_END}\n"
    return Step(f"Added `{_CALL}` to {path} (lefthook); run `lefthook install` once.", path, content)


# The first entry of the commands or jobs of `pre-commit`, and how far it is indented.
_LEFTHOOK_LIST = late.pattern(
    r"^pre-commit:[ \t]*\n(?:[ \t].*\n|\n)*?[ \t]+(commands|jobs):[ \t]*\n(?:[ \t]*(?:#.*)?\n)*([ \t]+)(?=[^\s#])", re.MULTILINE
)
_SIMPLE_HOOKS = late.pattern(r'"simple-git-hooks"\s*:\s*\{')
_SIMPLE = late.pattern(r'("simple-git-hooks"\s*:\s*\{[^{}]*?"pre-commit"\s*:\s*")((?:[^"\\]|\\.)*)(")')


def _simple(package: str) -> Step:
    found = _SIMPLE.search(package)
    if found is not None and _CALL in found[2]:
        return Step("simple-git-hooks calls driftline already.")
    if found is not None:
        content = package[: found.start(2)] + f"{_CALL} && " + package[found.start(2) :]
    else:
        content = re.sub(r'("simple-git-hooks"\s*:\s*\{)(\s*)(\})?', _with_entry, package, count=1)
    try:
        json.loads(content)
    except ValueError:
        return Step(f"package.json could not be changed safely; add `{_CALL}` to simple-git-hooks yourself.")
    return Step("Added driftline to simple-git-hooks in package.json; run `npx simple-git-hooks` once.", "package.json", content)


def _with_entry(match: re.Match[str]) -> str:
    entry = f'"pre-commit": "{_CALL}"'
    return f"{match[1]}{entry}}}" if match[3] else f"{match[1]}{match[2]}{entry},{match[2]}"


def _simple_without(package: str) -> str | None:
    """package.json without our call in simple-git-hooks, None where there is none."""
    found = _SIMPLE.search(package)
    if found is None or _CALL not in found[2]:
        return None
    if found[2] == _CALL:
        content = re.sub(
            r'\s{0,99}"pre-commit"\s{0,9}:\s{0,9}"driftline commit"\s{0,9},|,?\s{0,99}"pre-commit"\s{0,9}:\s{0,9}"driftline commit"',
            "",
            package,
            count=1,
        )
    else:
        content = package.replace(f"{_CALL} && ", "", 1)
    return content


def homes(root: str) -> tuple[str, ...]:
    """The folders in which the files of a project and of its hooks lie: its repository, and git's own folder, which may lie elsewhere."""
    top = git.repository(root)
    return (root,) if top is None else (top, _common(top))


def _common(root: str) -> str:
    """The folder that git keeps for all work trees of a repository. Raises Unreadable where git does not say."""
    return os.path.join(root, os.fsdecode(git.run(root, "rev-parse", "--git-common-dir")).rstrip("\n"))


def _git_hook(root: str) -> str | None:
    """git's own pre-commit hook relative to the root, None where it lies outside the repository."""
    repository = git.repository(root)
    if repository is None:
        return None
    common = _common(root)
    folder = os.path.join(common, "hooks")
    for scope in ("--local", "--global", "--system"):  # the narrowest one counts (git-config(1), SCOPES)
        said = os.fsdecode(git.run(root, "config", scope, "--get", "core.hooksPath", codes=(0, 1))).rstrip("\n")
        if said:
            folder = os.path.join(repository, os.path.expanduser(said))
            break
    if folder.replace(os.sep, "/").endswith(".husky/_"):  # what husky itself writes; it calls the hook beside it
        folder = os.path.dirname(folder)
    path = os.path.join(folder, "pre-commit")
    real = os.path.realpath(path)
    if not any(real.startswith(os.path.realpath(home) + os.sep) for home in (repository, common)):
        return None
    return os.path.relpath(path, root)


def _text(root: str, path: str) -> str | None:
    try:
        return regular.read(os.path.join(root, path)).decode().replace("\r\n", "\n")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        raise Misuse(f"{path}: cannot be read") from None
