"""`--format NAME=FILE`: every format of every command, whole files, and exit code 3 where one cannot be written."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from driftline import cli
from driftline.reports import formats
from tests.projects import make

COMMANDS = {
    "check": ["check"],
    "commit": ["commit"],
    "predeploy": ["predeploy", "--env", "production", "--no-live"],
    "matrix": ["matrix"],
    "bundle": ["bundle", "dist"],
    "review": ["review"],
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    fixture = tmp_path / "fixture"
    for path, text in {
        "package.json": '{"name": "shop", "dependencies": {"next": "15.0.0"}}',
        ".env.production": "A_NAME=canary-one\n",
        ".env.local": "A_NAME=canary-two\nB_NAME=canary-three\n",
        "lib/a.ts": "export const a = process.env.A_NAME! + process.env.B_NAME!\n",
        "dist/index.html": "<p>canary</p>\n",
    }.items():
        (fixture / path).parent.mkdir(parents=True, exist_ok=True)
        (fixture / path).write_text(text)
    root = make(fixture, tmp_path / "project")
    monkeypatch.chdir(root)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return root


@pytest.mark.parametrize("command", COMMANDS)
def test_every_format_of_every_command_is_written_in_one_run(command: str, project: Path, tmp_path: Path) -> None:
    names = formats(command)
    assert {"text", "json", "html", "markdown"} <= set(names)
    wanted = [word for name in names for word in ("--format", f"{name}={tmp_path / name}")]
    assert cli.run([*COMMANDS[command], *wanted]) in (0, 1)
    for name in names:
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert text.endswith("\n")
        assert "canary-" not in text
    assert [entry for entry in os.listdir(tmp_path) if entry.startswith(".driftline")] == []


def test_a_file_and_the_screen_at_once(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["check", "--format", f"json={tmp_path / 'r.json'}", "--format", "text"]) == 1
    assert json.loads((tmp_path / "r.json").read_text())["schema"] == "driftline/report/1"
    assert capsys.readouterr().out.startswith("driftline check .")


def test_a_file_that_cannot_be_written_is_exit_3_and_the_others_are_written(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere, folder = tmp_path / "none" / "r.json", tmp_path / "folder"
    folder.mkdir()
    words = ["--format", f"json={nowhere}", "--format", f"html={folder}", "--format", f"junit={tmp_path / 'r.xml'}", "--format", "text"]
    assert cli.run(["check", *words]) == 3
    shown = capsys.readouterr()
    assert f"{nowhere}: the report could not be written" in shown.err
    assert f"{folder}: the report could not be written" in shown.err
    assert "BLOCK" in shown.out
    assert (tmp_path / "r.xml").is_file()


@pytest.mark.promise("never-torn")
def test_a_report_that_fails_half_way_leaves_the_old_file(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    goal = tmp_path / "r.json"
    goal.write_text("old")

    def torn(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", torn)
    assert cli.run(["check", "--format", f"json={goal}"]) == 3
    assert goal.read_text() == "old"
    assert [entry for entry in os.listdir(tmp_path) if entry.startswith(".driftline")] == []


def test_a_file_keeps_its_mode_and_a_new_one_has_the_umasks(project: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    old.write_text("")
    old.chmod(0o640)
    before = os.umask(0o027)
    try:
        cli.run(["check", "--format", f"json={old}", "--format", f"json={tmp_path / 'new.json'}"])
    finally:
        os.umask(before)
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "new.json").stat().st_mode) == 0o640


def test_a_link_is_followed_and_a_device_is_not_replaced(project: Path, tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to(tmp_path / "goal.json")
    assert cli.run(["check", "--format", f"json={tmp_path / 'link.json'}", "--format", f"json={os.devnull}"]) == 1
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "goal.json").is_file()
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


@pytest.mark.parametrize(
    ("word", "said"),
    [("sarif=", '"sarif=" names no file'), ("sarfi=x", 'did you mean "sarif"?'), ("xml", 'there is no format "xml"')],
)
def test_a_wrong_word_is_misuse(word: str, said: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["check", "--format", word]) == 2
    assert said in capsys.readouterr().err


def test_a_matrix_has_no_format_of_findings(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["matrix", "--format", "sarif"]) == 2
    assert "it is one of html, json, markdown, text" in capsys.readouterr().err
