"""The command line as a contract: exit codes, words of misuse, whole files or none, and no traceback with a value in it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from driftline import __version__, audit, cli, console, rules
from tests import keys
from tests.project.trees import is_root, repository, write
from tests.projects import git

Files = dict[str, str | bytes]

CLEAN: Files = {
    "package.json": '{"dependencies": {"next": "16"}}',
    "a.ts": "process.env.A!\n",
    ".env.production": "A=1\n",
    ".env.example": "A=\n",
    ".gitignore": "*.local\n",
}
FAULTY: Files = {**CLEAN, "b.ts": "process.env.B!\n"}
BROKEN: Files = {**FAULTY, "fly.toml": "app = \n"}


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    return repository(tmp_path / "clean", CLEAN)


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    return repository(tmp_path / "faulty", FAULTY)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    return repository(tmp_path / "broken", BROKEN)


def run(folder: Path, *arguments: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.chdir(folder)
    return cli.run(arguments)


def process(folder: Path, *arguments: str, **more: object) -> subprocess.CompletedProcess[str]:
    """The installed command in a process of its own."""
    options: dict[str, object] = {"capture_output": True, "text": True, **more}
    return subprocess.run([sys.executable, "-m", "driftline", *arguments], cwd=folder, check=False, **options)  # type: ignore[call-overload, no-any-return]


# --- exit codes ---------------------------------------------------------------------------------------------------------------

JUDGING = (["check"], ["commit"], ["predeploy", "--env", "production"], ["check", "--env", "production"], ["check", "--app", "."])


@pytest.mark.parametrize("command", JUDGING, ids=" ".join)
def test_codes_of_the_commands_that_judge(
    clean: Path, faulty: Path, broken: Path, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(clean, *command, "--no-live", monkeypatch=monkeypatch) == 0
    assert run(faulty, *command, "--no-live", monkeypatch=monkeypatch) == 1
    assert run(faulty, *command, "--no-live", "--fail-on", "never", monkeypatch=monkeypatch) == 0
    assert run(faulty, *command, "--no-live", "--format", "json", monkeypatch=monkeypatch) == 1
    assert run(broken, *command, "--no-live", monkeypatch=monkeypatch) == 3
    assert run(broken, *command, "--no-live", "--fail-on", "never", monkeypatch=monkeypatch) == 3


@pytest.mark.parametrize("output", console.FORMATS)
def test_three_wins_over_one_and_the_findings_are_printed(
    broken: Path, output: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(broken, "check", "--format", output, monkeypatch=monkeypatch) == 3
    printed = capsys.readouterr().out
    assert "missing-variable" in printed
    assert "fly.toml" in printed


def test_codes_of_the_other_commands(clean: Path, faulty: Path, broken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(faulty, "matrix", monkeypatch=monkeypatch) == 0
    assert run(broken, "matrix", monkeypatch=monkeypatch) == 3
    assert run(faulty, "rules", monkeypatch=monkeypatch) == 0
    assert run(faulty, "explain", "missing-variable", monkeypatch=monkeypatch) == 0
    assert run(faulty, "--help", monkeypatch=monkeypatch) == 0
    assert run(faulty, "check", "--help", monkeypatch=monkeypatch) == 0
    assert run(faulty, "--version", monkeypatch=monkeypatch) == 0
    assert run(broken, "baseline", monkeypatch=monkeypatch) == 3
    assert run(faulty, "baseline", monkeypatch=monkeypatch) == 0
    assert run(faulty, "check", monkeypatch=monkeypatch) == 0, "what the baseline accepts does not count"
    (clean / "dist").mkdir()
    assert run(clean, "bundle", "dist", monkeypatch=monkeypatch) == 3, "there is nothing in it"
    write(clean, {"dist/index.html": "<html></html>"})
    assert run(clean, "bundle", "dist", monkeypatch=monkeypatch) == 0
    key = keys.expand("{{stripe.secret key.live}}")
    write(clean, {"dist/app.js": f'const k="{key}";'})
    assert run(clean, "bundle", "dist", monkeypatch=monkeypatch) == 1
    write(tmp_path / "empty", {"README.md": "x"})
    assert run(tmp_path / "empty", "check", monkeypatch=monkeypatch) == 3, "nothing was found to audit"
    assert run(tmp_path / "empty", "commit", monkeypatch=monkeypatch) == 3, "there is no repository"
    assert run(tmp_path, "check", "nowhere", monkeypatch=monkeypatch) == 3
    assert run(tmp_path, "check", str(clean / "a.ts"), monkeypatch=monkeypatch) == 3


def test_nothing_staged_is_no_failure(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(clean, "commit", "--quiet", "--message", "first")
    assert run(clean, "commit", monkeypatch=monkeypatch) == 0


def test_severities_and_where_they_begin_to_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note = repository(tmp_path / "note", {**CLEAN, ".env.production": "A=1\nSPARE=1\n", ".env.example": "A=\nSPARE=\n"})
    warning = repository(tmp_path / "warning", {**CLEAN, ".env.production": "A=1\nA=2\n"})
    for root, codes in ((note, (0, 0, 1, 0)), (warning, (0, 1, 1, 0))):
        assert run(root, "check", monkeypatch=monkeypatch) == 0
        found = [run(root, "check", "--fail-on", level, monkeypatch=monkeypatch) for level in console.FAIL_ON]
        assert tuple(found) == codes, root


def test_a_failing_rule_leaves_the_others_and_is_named(
    faulty: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from driftline.rules.drift import unused_variable

    def fails(facts: object) -> None:
        raise ValueError("a value that nobody may see")

    monkeypatch.setattr(unused_variable, "check", fails)
    assert run(faulty, "check", "--format", "json", monkeypatch=monkeypatch) == 3
    printed = capsys.readouterr()
    report = json.loads(printed.out)
    assert [(unread["path"], unread["reason"]) for unread in report["unread"]] == [
        ("rule unused-variable", "failed inside driftline (ValueError); please report it")
    ]
    assert [finding["variable"] for finding in report["findings"] if finding["rule"] == "missing-variable"] == ["B"]
    assert "nobody may see" not in printed.out + printed.err


# --- misuse -------------------------------------------------------------------------------------------------------------------

MISUSE: tuple[tuple[Sequence[str], str], ...] = (
    (["chek"], "check"),
    (["check", "--fromat", "json"], "--format"),
    (["check", "--format", "jsn"], 'did you mean "json"?'),
    (["check", "--format", "jsn=x.json"], 'did you mean "json"?'),
    (["check", "--format", "json="], "--format json=FILE"),
    (["check", "--fail-on", "warn"], "warning"),
    (["check", "--loader", "nextjs"], 'did you mean "next"?'),
    (["check", "--env", "prodction"], 'did you mean "production"?'),
    (["check", "--app", "apps/wbe"], "the apps are: ."),
    (["check", "--config", "gone.toml"], "gone.toml: cannot be read"),
    (["check", "--baseline", "gone.json"], "gone.json: the baseline cannot be read"),
    (["check", "--env-file", "gone.env"], "gone.env"),
    (["check", "--env-file", "production=gone.env"], "gone.env"),
    (["check", "--jobs", "0"], "--jobs"),
    (["check", "--jobs", "many"], "--jobs"),
    (["check", "--color", "yes"], "always"),
    (["check", "one", "two"], "two"),
    (["explain", "missing-varible"], 'did you mean "missing-variable"?'),
    (["bundle"], "PATH"),
    (["bundle", "gone"], "gone"),
    (["baseline", "--expires", "soon"], "2027-01-31"),
    (["baseline", "--expires", "2020-01-01"], "has passed"),
    (["predeploy", "--env", "prodction", "--no-live"], "production"),
    (["--nope"], "--nope"),
)  # fmt: skip


@pytest.mark.parametrize(("command", "word"), MISUSE, ids=[" ".join(command) for command, _ in MISUSE])
def test_misuse_is_two_and_names_the_right_word(
    clean: Path, command: Sequence[str], word: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(clean, *command, monkeypatch=monkeypatch) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("driftline: ")
    assert word in printed.err
    assert "Traceback" not in printed.err


def test_a_platform_that_contradicts_is_misuse(clean: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("VERCEL", "1")
    monkeypatch.setenv("VERCEL_ENV", "preview")
    assert run(clean, "predeploy", "--env", "production", monkeypatch=monkeypatch) == 2
    assert "VERCEL_ENV" in capsys.readouterr().err


def test_what_cannot_be_judged_names_the_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "check", "nowhere", monkeypatch=monkeypatch) == 3
    assert capsys.readouterr().err == "driftline: nowhere: No such file or directory\n"


# --- files that are written -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("output", console.FORMATS)
def test_a_report_file_is_written_whole(
    faulty: Path, output: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(faulty, "check", "--format", f"{output}=out/report.x", "--format", output, monkeypatch=monkeypatch) == 3, (
        "there is no such folder"
    )
    assert "out/report.x" in capsys.readouterr().err
    (faulty / "out").mkdir()
    (faulty / "out" / "report.x").write_text("old")
    (faulty / "out" / "report.x").chmod(0o640)
    assert run(faulty, "check", "--format", f"{output}=out/report.x", "--format", output, monkeypatch=monkeypatch) == 1
    text = (faulty / "out" / "report.x").read_text()
    printed = capsys.readouterr().out
    assert re.sub(r"[\d.]+", "", text) == re.sub(r"[\d.]+", "", printed), "but for times, the file holds what is printed"
    assert [path.name for path in (faulty / "out").iterdir()] == ["report.x"], "nothing is left beside it"
    assert (faulty / "out" / "report.x").stat().st_mode & 0o777 == 0o640


def test_the_old_report_stays_where_the_new_one_fails(faulty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (faulty / "report.json").write_text("old")

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fails)
    assert run(faulty, "check", "--format", "json=report.json", monkeypatch=monkeypatch) == 3
    assert (faulty / "report.json").read_text() == "old"
    assert not [path for path in faulty.iterdir() if path.name.startswith(".driftline-")]


def test_a_report_that_cannot_be_written_is_three_and_the_others_are_written(
    faulty: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (faulty / "folder").mkdir()
    given = ("--format", "json=folder", "--format", "sarif=gone/x", "--format", "junit=ok.xml", "--format", "text")
    assert run(faulty, "check", *given, monkeypatch=monkeypatch) == 3
    printed = capsys.readouterr()
    assert (faulty / "ok.xml").read_text().startswith("<?xml")
    assert "missing-variable" in printed.out
    assert "folder: the report could not be written" in printed.err
    assert "gone/x: the report could not be written" in printed.err


@pytest.mark.skipif(is_root(), reason="nothing is closed to root")
def test_a_closed_folder_is_three(faulty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (faulty / "closed").mkdir(mode=0o500)
    assert run(faulty, "check", "--format", "json=closed/x.json", monkeypatch=monkeypatch) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such devices")
def test_a_device_is_written_to_and_a_link_is_followed(faulty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (faulty / "null").symlink_to(os.devnull)
    assert run(faulty, "check", "--format", "json=null", monkeypatch=monkeypatch) == 1
    assert Path(os.devnull).is_char_device()
    (faulty / "link.json").symlink_to("real.json")
    assert run(faulty, "check", "--format", "json=link.json", monkeypatch=monkeypatch) == 1
    assert (faulty / "link.json").is_symlink()
    assert json.loads((faulty / "real.json").read_text())["schema"] == "driftline/report/1"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names that are no text")
@pytest.mark.parametrize("output", console.FORMATS)
def test_a_path_that_is_no_text_is_reported_in_every_format(
    clean: Path, output: str, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    with open(os.path.join(os.fsencode(clean), b"l\xffb.ts"), "w") as file:
        file.write("process.env.B!")
    assert run(clean, "check", "--format", output, "--format", f"{output}=report", monkeypatch=monkeypatch) == 1
    for printed in (capsysbinary.readouterr().out, (clean / "report").read_bytes()):
        printed.decode("utf-8")
        assert b"missing-variable" in printed


# --- where output goes wrong ----------------------------------------------------------------------------------------------------

PRINTING = (
    ["check"],
    ["check", "--format", "json"],
    ["check", "--format", "html"],
    ["matrix"],
    ["rules"],
    ["explain", "missing-variable"],
    ["--version"],
    ["check", "-q"],
)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes differ")
@pytest.mark.parametrize("command", PRINTING, ids=" ".join)
def test_a_reader_that_goes_away_is_three(faulty: Path, command: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = process(faulty, *command, capture_output=False, stdout=writing, stderr=subprocess.PIPE)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (3, "")


@pytest.mark.promise("fails-closed")
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
@pytest.mark.parametrize("command", [["check"], ["rules"], ["--version"]], ids=" ".join)
def test_a_full_disk_is_three(faulty: Path, command: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = process(faulty, *command, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="the shell differs")
@pytest.mark.parametrize("command", ["check", "--version", "rules"])
def test_a_closed_output_is_three(faulty: Path, command: str) -> None:
    done = subprocess.run(
        f"'{sys.executable}' -m driftline {command} >&-", shell=True, cwd=faulty, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_misuse_that_cannot_be_told_is_no_finding(faulty: Path) -> None:
    with open("/dev/full", "w") as full:
        done = process(faulty, "check", "--nonsense", capture_output=False, stdout=subprocess.PIPE, stderr=full)
    assert done.returncode in (2, 3)


@pytest.mark.parametrize("columns", ["1", "99999999999", "9" * 6000, "\u00b2", "\u0663"], ids=ascii)
def test_any_number_of_columns_is_taken(faulty: Path, columns: str) -> None:
    done = process(faulty, "check", env={**os.environ, "COLUMNS": columns})
    assert done.returncode == 1


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "utf-8"])
def test_every_terminal_can_show_it(faulty: Path, encoding: str) -> None:
    done = process(faulty, "check", text=False, env={**os.environ, "PYTHONIOENCODING": encoding})
    assert done.returncode == 1
    assert b"missing-variable" in done.stdout  # type: ignore[operator]


# --- internal errors and interruptions ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error", [ValueError, KeyError, RecursionError, MemoryError, AssertionError, UnicodeDecodeError], ids=lambda error: error.__name__
)
def test_an_internal_error_tells_its_place_and_no_value(
    faulty: Path, error: type[Exception], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = keys.expand("{{stripe.secret key.live}}")

    def fails(_request: object) -> None:
        if error is UnicodeDecodeError:
            secret.encode("utf-16").decode("utf-8")
        raise error(secret)

    monkeypatch.setattr(audit, "check", fails)
    assert run(faulty, "check", "--verbose", monkeypatch=monkeypatch) == 3
    printed = capsys.readouterr()
    said = printed.out + printed.err
    assert re.fullmatch(
        rf"driftline: internal error \({error.__name__} at test_cli\.py:\d+\); please report it\. Nothing was judged\.\n", said
    )
    assert secret not in said
    assert secret[:12] not in said


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "sigterm"])
def test_an_interruption_has_its_code_and_leaves_nothing_behind(faulty: Path, tmp_path: Path, sent: signal.Signals, code: int) -> None:
    waiting = write(tmp_path / "bin", {"git": f"#!/bin/sh\ntouch '{tmp_path}/started'\nsleep 30\n"})
    (waiting / "git").chmod(0o755)
    before = sorted(path.name for path in faulty.iterdir())
    command = [sys.executable, "-m", "driftline", "check", "--format", "json=report.json"]
    environment = {**os.environ, "PATH": f"{waiting}{os.pathsep}{os.environ['PATH']}"}
    # A shell lets what it starts in the background ignore Ctrl-C, these tests and what they start included.
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)
    running = subprocess.Popen(command, cwd=faulty, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True)
    signal.signal(signal.SIGINT, heard)
    with running:
        for _ in range(600):
            if (tmp_path / "started").exists():
                break
            time.sleep(0.05)
        os.killpg(running.pid, sent)
        _, said = running.communicate(timeout=20)
    assert running.returncode == code
    assert "Traceback" not in said
    assert sorted(path.name for path in faulty.iterdir()) == before


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "sigterm"])
def test_an_interruption_is_heard_where_python_drops_exceptions(sent: signal.Signals, code: int) -> None:
    class Finalized:
        def __del__(self) -> None:
            signal.raise_signal(sent)

    def command() -> int:
        Finalized()
        return 0

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        assert console.run(command) == code
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
def test_ctrl_c_before_a_command_shows_nothing(tmp_path: Path) -> None:
    """While what a command needs is imported: the process just ends."""
    write(tmp_path, {"modules/click/__init__.py": "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nprint('not reached')\n"})
    program = "import signal, runpy; signal.signal(signal.SIGINT, signal.default_int_handler); runpy.run_module('driftline', run_name='__main__', alter_sys=True)"
    done = subprocess.run(
        [sys.executable, "-c", program, "matrix"], cwd=tmp_path, env={**os.environ, "PYTHONPATH": os.pathsep.join([f"{tmp_path}/modules", *sys.path])},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


# --- what is imported -----------------------------------------------------------------------------------------------------------


def imported(folder: Path, *arguments: str) -> set[str]:
    """The modules that a command imports, as the interpreter itself lists them."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "driftline", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stderr[-500:]
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}


def test_the_version_needs_nothing(clean: Path) -> None:
    modules = imported(clean, "--version")
    assert {name for name in modules if name.startswith("driftline")} == {"driftline"}
    assert not {"click", "subprocess", "json", "re", "typing", "tomli", "yaml"} & modules


def test_the_version_names_the_engines(monkeypatch: pytest.MonkeyPatch, clean: Path) -> None:
    from importlib.metadata import version

    done = process(clean, "--version")
    first, engines = done.stdout.splitlines()
    assert first == f"driftline {__version__}"
    assert f"hyperscan {version('hyperscan')}, tree-sitter {version('tree-sitter')}," in engines
    assert f"detect-secrets {version('detect-secrets')}," in engines
    assert run(clean, "--version", monkeypatch=monkeypatch) == 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_completion_script(
    shell: str, clean: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(clean, "completion", shell, monkeypatch=monkeypatch) == 0
    assert f"_DRIFTLINE_COMPLETE={shell}_complete" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("driftline pre", ["predeploy"]),
        ("driftline explain shared-d", ["shared-data-store"]),
        ("driftline check --format s", ["sarif"]),
        ("driftline matrix --loader python", ["python-dotenv"]),
    ],
)
def test_words_are_completed(clean: Path, words: str, completed: list[str]) -> None:
    count = str(len(words.split()) - 1)
    done = process(clean, env={**os.environ, "_DRIFTLINE_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": count})
    assert done.stdout.split() == [f"plain,{word}" for word in completed]


def test_a_check_without_code_loads_no_parser(tmp_path: Path) -> None:
    root = write(tmp_path, {".env.production": "A=1\n", "a.txt": "process.env.A"})
    modules = imported(root, "check")
    assert not {"tree_sitter", "tree_sitter_javascript", "dotenv"} & modules
    listed = imported(root, "rules")
    assert not {"yaml", "tree_sitter", "hyperscan"} & listed


# --- the words of the contract --------------------------------------------------------------------------------------------------


def test_every_rule_is_listed_and_explained(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert run(tmp_path, "rules", monkeypatch=monkeypatch) == 0
    listing = capsys.readouterr().out
    for rule in rules.identifiers():
        assert rule in listing
        assert run(tmp_path, "explain", rule, monkeypatch=monkeypatch) == 0
        assert rule in capsys.readouterr().out


def test_every_command_has_help_and_the_common_options(capsys: pytest.CaptureFixture[str]) -> None:
    common = (
        "--env",
        "--format",
        "--fail-on",
        "--config",
        "--baseline",
        "--bundle",
        "--env-file",
        "--no-live",
        "--jobs",
        "--quiet",
        "--verbose",
        "--color",
    )
    for command in ("check", "commit", "predeploy", "matrix", "review", "baseline"):
        assert cli.run([command, "--help"]) == 0
        text = capsys.readouterr().out
        assert all(option in text for option in common), command
        assert f"driftline {command}" in text, "it shows an example of itself"
