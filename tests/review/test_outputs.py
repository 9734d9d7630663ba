"""The review looks at built output: what --bundle names, or what lies in the folders of the project's apps."""

from __future__ import annotations

from pathlib import Path

import pytest

from driftline import audit, cli, review, rules
from driftline.bundle import serve
from driftline.model import Flag, Report
from driftline.project import settings
from tests import keys


def judged(root: Path, *bundles: Path) -> Report:
    read = settings.read(str(root), None, rules.identifiers())
    return review.review(audit.Request(str(root), read, bundles=tuple(str(path) for path in bundles)))


def flag(report: Report, name: str) -> Flag:
    assert report.review is not None
    return next(flag for flag in report.review.flags if flag.id == name)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    (root / "src").mkdir(parents=True)
    (root / "package.json").write_text('{"dependencies": {"vite": "^7.0.0"}}')
    (root / "src/main.ts").write_text("export const shop = 1\n")
    (root / ".gitignore").write_text("dist\n")
    return root


def put(root: Path, **files: str) -> Path:
    for path, text in files.items():
        goal = root / path.replace("__", "/").replace("_html", ".html").replace("_js", ".js")
        goal.parent.mkdir(parents=True, exist_ok=True)
        goal.write_text(text)
    return root


def test_without_output_the_flag_cannot_tell(project: Path) -> None:
    keys_flag = flag(judged(project), "browser-keys")
    assert (keys_flag.verdict, keys_flag.settles) == ("cannot tell from files", "driftline review --bundle DIR")


def test_output_that_lies_there_is_looked_at_and_named(project: Path) -> None:
    put(project, dist__index_html="<script src=assets/a.js></script>", dist__assets__a_js="let a = 1\n")
    report = judged(project)
    assert flag(report, "browser-keys").verdict == "clear"
    assert flag(report, "browser-keys").confidence == "high"
    assert [(note.location.path, "found here" in note.note) for note in report.notes] == [("dist", True)]


def test_a_key_in_it_stops_the_launch(project: Path) -> None:
    secret = keys.expand("{{stripe.secret key.live}}")
    put(project, dist__index_html="<p>", dist__assets__a_js=f'let a = "{secret}"\n')
    report = judged(project)
    assert flag(report, "browser-keys").verdict == "blocked"
    assert report.review is not None
    assert report.review.decision.title == "stop before production exposure"


def test_output_that_is_named_is_looked_at_alone(project: Path, tmp_path: Path) -> None:
    put(project, dist__index_html=keys.expand("{{stripe.secret key.live}}"))
    other = put(tmp_path / "other", index_html="<p>")
    report = judged(project, other)
    assert flag(report, "browser-keys").verdict == "clear"
    assert report.notes == ()


def test_a_servers_build_is_none(project: Path) -> None:
    put(project, dist__index_js="server()", dist__routes__a_js="route()")
    assert serve.built(str(project)) == ()
    assert flag(judged(project), "browser-keys").verdict == "cannot tell from files"


def test_of_two_halves_the_served_one(project: Path) -> None:
    put(project, dist__index_js="server()", dist__public__index_html="<p>")
    assert serve.built(str(project)) == (str(project / "dist/public"),)


def test_the_output_of_every_app(tmp_path: Path) -> None:
    for app in ("web", "admin"):
        put(tmp_path / "apps" / app, dist__index_html="<p>")
        (tmp_path / "apps" / app / "package.json").write_text('{"dependencies": {"vite": "^7.0.0"}}')
        (tmp_path / "apps" / app / ".env").write_text("A=1\n")
    (tmp_path / "package.json").write_text('{"workspaces": ["apps/*"]}')
    assert sorted(note.location.path for note in judged(tmp_path).notes) == ["apps/admin/dist", "apps/web/dist"]


def test_what_the_settings_exclude_is_left_alone(project: Path) -> None:
    put(project, dist__index_html="<p>")
    (project / "driftline.toml").write_text('exclude = ["dist"]\n')
    assert flag(judged(project), "browser-keys").verdict == "cannot tell from files"


def test_a_next_build_under_its_own_name(project: Path) -> None:
    for path in ("static/chunks/a.js", "server/app/index.html", "BUILD_ID"):
        goal = project / ".next" / path
        goal.parent.mkdir(parents=True, exist_ok=True)
        goal.write_text("1")
    assert serve.built(str(project)) == (str(project / ".next"),)


def test_the_command_takes_a_bundle(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    built = put(project / "dist", index_html=keys.expand("{{stripe.secret key.live}}"))
    assert cli.run(["review", str(project), "--bundle", str(built), "--no-live"]) == 1
    assert "exposed-secret" in capsys.readouterr().out
