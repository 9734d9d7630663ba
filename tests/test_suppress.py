"""What the team has accepted is marked, nothing else is; and what a suppression no longer meets is reported."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest

from driftline import audit, cli, rules, suppress
from driftline.model import Finding, Location, Misuse, Report, Severity
from driftline.project import settings
from driftline.project.settings import Accept, Settings
from driftline.suppress import Accepted, Result
from tests.project.trees import check, repository, write
from tests.projects import git, patterns

TODAY = date(2026, 11, 1)


def finding(rule: str = "unused-variable", subject: str = "A", path: str = "a.env", line: int = 2, **more: object) -> Finding:
    return Finding(rule, Severity.NOTE, "says", "fix", ".", Location(path, line), subject=subject)._replace(**more)  # type: ignore[arg-type]


def mark(
    found: Sequence[Finding],
    text: str | Mapping[str, str] = "",
    accept: Sequence[Accept] = (),
    baseline: Sequence[Accepted] = (),
    **more: object,
) -> Result:
    texts = text if isinstance(text, Mapping) else {"a.env": text}
    given = Settings(path="driftline.toml", accept=tuple(accept))
    return suppress.mark(suppress.number(found), given, baseline, texts.get, TODAY, **more)  # type: ignore[arg-type]


def silenced(result: Result) -> list[str | None]:
    """By whom each finding is accepted, None where it counts."""
    return [one.suppressed.by if one.suppressed else None for one in result.findings]


# --- comments -----------------------------------------------------------------------------------------------------------------

ABOVE = (
    "# driftline: ignore[unused-variable] read by the mailer",
    "  #driftline:ignore[unused-variable]: read by the mailer",
    "// driftline: ignore[unused-variable] read by the mailer",
    "/* driftline: ignore[unused-variable] read by the mailer */",
    " * driftline: ignore[unused-variable] - read by the mailer",
    "{/* driftline: ignore[unused-variable] read by the mailer */}",
    "<!-- driftline: ignore[unused-variable] read by the mailer -->",
    "-- driftline: ignore[unused-variable] read by the mailer",
    "; driftline: ignore[unused-variable] read by the mailer",
    "% driftline: ignore[unused-variable] read by the mailer",
    "{# driftline: ignore[unused-variable] read by the mailer #}",
    "{{! driftline: ignore[unused-variable] read by the mailer }}",
    "{{!-- driftline: ignore[unused-variable] read by the mailer --}}",
    "{{-- driftline: ignore[unused-variable] read by the mailer --}}",
    "<%# driftline: ignore[unused-variable] read by the mailer %>",
    "<%# driftline: ignore[unused-variable] read by the mailer -%>",
    "<%-- driftline: ignore[unused-variable] read by the mailer --%>",
    "@* driftline: ignore[unused-variable] read by the mailer *@",
    "<# driftline: ignore[unused-variable] read by the mailer #>",
    "(* driftline: ignore[unused-variable] read by the mailer *)",
    "-# driftline: ignore[unused-variable] read by the mailer",
    ".. driftline: ignore[unused-variable] read by the mailer",
    "! driftline: ignore[unused-variable] read by the mailer",
    '""" driftline: ignore[unused-variable] read by the mailer"""',
    "{% comment %} driftline: ignore[unused-variable] read by the mailer {% endcomment %}",
    ":: driftline: ignore[unused-variable] read by the mailer",
    "REM driftline: ignore[unused-variable] read by the mailer",
    "# eslint and others first; driftline: ignore[unused-variable] read by the mailer",
    "// driftline: ignore[missing-variable, unused-variable] read by the mailer",
    "//\tdriftline:\tignore[ unused-variable ]\tread by the mailer",
)


@pytest.mark.parametrize("comment", ABOVE)
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"], ids=ascii)
def test_a_comment_above_the_line_in_every_syntax(comment: str, ends: str) -> None:
    result = mark([finding()], f"{comment}{ends}A=1{ends}B=2{ends}")
    assert silenced(result) == ["comment"]
    suppression = result.findings[0].suppressed
    assert suppression is not None
    assert suppression.reason in ("read by the mailer", "no reason given")
    assert (suppression.reason == "no reason given") == ("mailer" not in comment)


BESIDE = (
    "A=1 # driftline: ignore[unused-variable]",
    "x(a); // driftline: ignore[unused-variable]",
    "<A /> {/* driftline: ignore[unused-variable] */}",
)


@pytest.mark.parametrize("line", BESIDE)
def test_a_comment_behind_code_speaks_of_its_own_line_only(line: str) -> None:
    text = f"one\n{line}\nthree\n"
    result = mark([finding(line=1), finding(line=2), finding(line=3)], text)
    assert silenced(result) == [None, "comment", None]


SILENT = (
    "# driftline: ignore[missing-variable]",  # another rule
    "# driftline: ignore[unused]",
    "# driftline: ignore[unused-variable-x]",
    "# driftline: ignore[]",
    "# driftline: ignore[*]",
    "# driftline: ignore",
    "# driftline ignore[unused-variable]",
    "# Driftline: Ignore[unused-variable]",
    "# driftline: ignore[UNUSED-VARIABLE]",
    "# pragma: allowlist secret",
    "# noqa",
)


@pytest.mark.promise("nothing-is-left-out")
@pytest.mark.parametrize("comment", SILENT)
def test_another_comment_hides_nothing(comment: str) -> None:
    assert silenced(mark([finding()], f"{comment}\nA=1\n")) == [None]


def test_a_comment_reaches_no_further_than_the_next_line() -> None:
    text = "# driftline: ignore[unused-variable]\nA=1\nB=1\n\n# driftline: ignore[unused-variable]\n\nC=1\n"
    found = [finding(line=2), finding(subject="B", line=3), finding(subject="C", line=7)]
    assert silenced(mark(found, text)) == ["comment", None, None]


def test_lines_are_counted_as_locations_count_them() -> None:
    odd = "x\x0by\x0cz\x1c\x85\u2028\u2029"
    text = f"{odd}\n# driftline: ignore[unused-variable]\nA=1\n"
    assert silenced(mark([finding(line=3)], text)) == ["comment"]
    assert silenced(mark([finding(line=9)], text)) == [None]


def test_a_comment_counts_in_its_own_file_only() -> None:
    texts = {"a.env": "# driftline: ignore[unused-variable]\nA=1\n", "b.env": "\nA=1\n"}
    assert silenced(mark([finding(), finding(path="b.env")], texts)) == ["comment", None]


def test_a_hostile_comment_costs_no_time() -> None:
    text = ("driftline: ignore[" * 50_000) + "\n" + "driftline:" + " \t" * 500_000 + "\n" + "driftline: ignore[" + "a," * 500_000
    assert silenced(mark([finding()], text)) == [None]


# --- [[accept]] ---------------------------------------------------------------------------------------------------------------


def accept(
    rule: str = "unused-variable", subject: str = "A", expires: date | None = None, app: str | None = None, environment: str | None = None
) -> Accept:
    return Accept(rule, subject, "because", expires, app, environment, 7)


def test_an_accepted_finding_and_no_other() -> None:
    found = [finding(), finding(subject="B"), finding("missing-variable")]
    result = mark(found, accept=[accept()])
    assert silenced(result) == ["config", None, None]
    assert result.findings[0].suppressed == ("config", "because", None)
    assert result.stale == ()


def test_a_finding_is_accepted_by_its_path() -> None:
    """Where a finding has no variable, its path is all that a reader sees of its subject."""
    found = [finding("committed-secret", "postgres connection URL", path) for path in ("tests/a.py", "src/a.py")]
    assert silenced(mark(found, accept=[accept(rule="committed-secret", subject="tests/*")])) == ["config", None]


def test_an_acceptance_ends() -> None:
    for day, by in ((date(2026, 11, 1), "config"), (date(2026, 11, 2), "config"), (date(2026, 10, 31), None)):
        result = mark([finding()], accept=[accept(expires=day)])
        assert silenced(result) == [by], day
    assert result.stale == ("driftline.toml:7: the accepted unused-variable of A expired on 2026-10-31",)


def test_wildcards_and_names_that_look_like_them() -> None:
    path = "app/[id]/page.tsx"
    assert silenced(mark([finding(subject=path)], accept=[accept(subject=path)])) == ["config"]
    assert silenced(mark([finding(subject="app/i/page.tsx")], accept=[accept(subject="app/*")])) == ["config"]
    assert silenced(mark([finding(subject="AB")], accept=[accept(subject="A")])) == [None]
    assert silenced(mark([finding(subject="a")], accept=[accept(subject="A")])) == [None]


def test_one_app_or_one_environment() -> None:
    found = [finding(app="apps/web"), finding(app="apps/api"), finding(environment="production")]
    assert silenced(mark(found, accept=[accept(app="apps/web")])) == ["config", None, None]
    assert silenced(mark(found, accept=[accept(environment="production")])) == [None, None, "config"]


# --- the baseline -------------------------------------------------------------------------------------------------------------


def baseline(found: Sequence[Finding], expires: date | None = None) -> tuple[Accepted, ...]:
    text = suppress.baseline_text(suppress.number(found), "for now", expires)
    return suppress.read_baseline(text, "b.json")


def test_a_baseline_accepts_what_was_there_and_nothing_new() -> None:
    known = baseline([finding(), finding("missing-variable")])
    found = [
        finding(),
        finding("missing-variable"),
        finding(subject="NEW"),
        finding(path="other.env"),
        finding(environment="production"),
        finding(app="x"),
    ]
    assert silenced(mark(found, baseline=known)) == ["baseline", "baseline", None, None, None, None]


def test_moved_lines_and_renamed_chunks_stay_accepted() -> None:
    known = baseline([finding(line=2), finding(path="dist/index-B7x2kQ9a.js"), finding(path="dist/page-0a1b2c3d4e5f6a7b.js")])
    found = [finding(line=99), finding(path="dist/index-Zk31mPq0.js"), finding(path="dist/page-ffffffff00000000.js")]
    assert silenced(mark(found, baseline=known)) == ["baseline"] * 3


def test_files_of_like_names_are_different_files() -> None:
    for one, other in (
        ("config-production1.ts", "config-production2.ts"),
        (".env.production1.local", ".env.production2.local"),
        ("src/a.ts", "src/b.ts"),
        ("index-B7x2kQ9a.js", "main-B7x2kQ9a.js"),
        ("20240101_init.sql", "20240102_init.sql"),
    ):
        assert silenced(mark([finding(path=other)], baseline=baseline([finding(path=one)]))) == [None], other


def test_a_second_finding_of_the_same_kind_is_new() -> None:
    known = baseline([finding(line=2)])
    assert silenced(mark([finding(line=2), finding(line=9)], baseline=known)) == ["baseline", None]
    both = baseline([finding(line=2), finding(line=9)])
    assert silenced(mark([finding(line=2), finding(line=9), finding(line=12)], baseline=both)) == ["baseline", "baseline", None]


def test_a_baseline_ends() -> None:
    result = mark([finding()], baseline=baseline([finding()], date(2026, 10, 31)))
    assert silenced(result) == [None]
    assert result.stale == ("baseline: the accepted unused-variable of A expired on 2026-10-31",)


def test_a_baseline_is_sorted_with_a_line_for_each_finding_and_no_place() -> None:
    found = suppress.number([finding(subject=name, line=number) for number, name in enumerate("CAB", 1)])
    text = suppress.baseline_text(found, 'é \u2028 " why', date(2027, 1, 31))
    rows = [json.loads(line.rstrip(",")) for line in text.splitlines()[1:-1]]
    assert [row["subject"] for row in rows] == sorted("ABC")
    assert all(set(row) == {"rule", "subject", "path", "fingerprint", "reason", "expires"} for row in rows)
    assert text == suppress.baseline_text(reversed(found), 'é \u2028 " why', date(2027, 1, 31))
    assert suppress.read_baseline(text, "b")[0].reason == 'é \u2028 " why'


def test_what_is_accepted_already_is_not_accepted_again() -> None:
    result = mark([finding(), finding(subject="B")], accept=[accept()])
    assert [entry.subject for entry in suppress.read_baseline(suppress.baseline_text(result.findings, "x", None), "b")] == ["B"]


BROKEN = (
    "",
    "{}",
    "[]",
    "null",
    "<<<<<<< HEAD\n{}",
    '{"schema": "driftline/baseline/2", "findings": []}',
    '{"schema": "driftline/baseline/1"}',
    '{"schema": "driftline/baseline/1", "findings": {}}',
    '{"schema": "driftline/baseline/1", "findings": [1]}',
    '{"schema": "driftline/baseline/1", "findings": [{"rule": "a"}]}',
    '{"schema": "driftline/baseline/1", "findings": [{"rule": "a", "subject": "b", "fingerprint": "c", "reason": "d", "expires": "soon"}]}',
    '{"schema": "driftline/baseline/1", "findings": [{"rule": "a", "subject": "b", "fingerprint": "c", "reason": "d", "expires": 5}]}',
    "[" * 100_000,
    '{"schema": ' + "9" * 5000 + "}",
)


@pytest.mark.promise("hostile-settings")
@pytest.mark.parametrize("text", BROKEN, ids=lambda text: text[:60])
def test_a_broken_baseline_is_misuse_that_names_the_file(text: str) -> None:
    with pytest.raises(Misuse, match=r"^b\.json: "):
        suppress.read_baseline(text, "b.json")


# --- what meets nothing -------------------------------------------------------------------------------------------------------


def test_a_suppression_that_meets_nothing_is_reported() -> None:
    text = "# driftline: ignore[unused-variable, missing-variable, no-such-rule] why\nA=1\n"
    known = dict.fromkeys(rules.identifiers(), True)
    result = mark([finding()], text, [accept(subject="GONE")], baseline([finding(subject="OLD")]), judged=known)
    assert result.stale == (
        "a.env:1: the comment ignores missing-variable, which is not found there",
        "a.env:1: the comment ignores no-such-rule, which is no rule",
        "baseline: accepts unused-variable of OLD, which is not found any more",
        "driftline.toml:7: accepts unused-variable of GONE, which is not found any more",
    )


def test_a_comment_in_a_file_without_findings_is_reported() -> None:
    result = mark(
        [], {"quiet.ts": "// driftline: ignore[unused-variable]\n", "plain.ts": "1"}, commented=["quiet.ts", "plain.ts", "gone.ts"]
    )
    assert result.stale == ("quiet.ts:1: the comment ignores unused-variable, which is not found there",)


def test_two_suppressions_of_one_finding_are_both_of_use() -> None:
    text = "# driftline: ignore[unused-variable] why\nA=1 # driftline: ignore[unused-variable]\n"
    result = mark([finding()], text, [accept(), accept(subject="*")._replace(line=9)], baseline([finding()]))
    assert silenced(result) == ["comment"]
    assert result.stale == ()


def test_silence_of_a_part_proves_nothing() -> None:
    text = "# driftline: ignore[missing-variable]\nA=1\n"
    everything = ([finding()], text, [accept(subject="GONE")], baseline([finding(subject="OLD")]))
    assert len(mark(*everything).stale) == 3
    assert mark(*everything, whole=False).stale == ()
    assert mark(*everything, judged={"missing-variable": False, "unused-variable": False}).stale == ()
    ended = mark([], accept=[accept(expires=date(2026, 1, 1))], whole=False)
    assert len(ended.stale) == 1, "what has expired is told in any case"


# --- in whole audits ----------------------------------------------------------------------------------------------------------

PROJECT: dict[str, str | bytes] = {
    "package.json": '{"dependencies": {"next": "16"}}',
    "a.ts": "export const a = process.env.ONE!\nexport const b = process.env.TWO!\n",
    ".env.production": "SPARE=1\n",
}


def found(report: Report) -> set[str]:
    return {f"{one.rule} {one.variable}" for one in report.findings if one.suppressed is None}


def test_a_comment_in_code(tmp_path: Path) -> None:
    root = repository(tmp_path, PROJECT)
    before = found(check(root))
    write(
        root,
        {
            "a.ts": "// driftline: ignore[missing-variable] set by hand\nexport const a = process.env.ONE!\nexport const b = process.env.TWO!\n"
        },
    )
    report = check(root)
    assert before - found(report) == {"missing-variable ONE"}
    assert report.stale == ()
    assert [one.suppressed.reason for one in report.findings if one.suppressed] == ["set by hand"]
    write(
        root,
        {
            "a.ts": "export const a = process.env.ONE! // driftline: ignore[missing-variable] set by hand\nexport const b = process.env.TWO!\n"
        },
    )
    assert before - found(check(root)) == {"missing-variable ONE"}


def test_a_comment_that_is_of_no_use_any_more(tmp_path: Path) -> None:
    root = repository(tmp_path, {**PROJECT, "quiet.py": "# driftline: ignore[committed-secret] an example\nx = 1\n"})
    assert check(root).stale == ("quiet.py:1: the comment ignores committed-secret, which is not found there",)
    assert check(root, target="production").stale == ()


def test_what_another_command_judges_is_not_stale(tmp_path: Path) -> None:
    text = "".join(
        f'[[accept]]\nrule = "{rule}"\nsubject = "*"\nreason = "x"\n'
        for rule in ("rls-disabled", "exposed-secret", "unused-variable", "near-miss-name")
    )
    root = repository(tmp_path, {**PROJECT, "driftline.toml": text + '[rules]\nnear-miss-name = "off"\n'})
    assert check(root).stale == ()


def test_a_baseline_of_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    root = repository(tmp_path, PROJECT)
    monkeypatch.chdir(root)
    assert cli.run(["check"]) == 1
    assert cli.run(["baseline", "--reason", "before the launch", "--expires", "2099-01-31"]) == 0
    assert cli.run(["check", "--fail-on", "note"]) == 0
    write(root, {"b.ts": "export const c = process.env.THREE!\n", "a.ts": "\n\n\n" + str(PROJECT["a.ts"])})
    assert cli.run(["check"]) == 1
    capsys.readouterr()
    cli.run(["check", "--format", "json"])
    report = json.loads(capsys.readouterr().out)
    new = {(one["rule"], one["variable"]) for one in report["findings"] if one["suppressed"] is None}
    assert {variable for _, variable in new} == {"THREE"}
    accepted = [one["suppressed"] for one in report["findings"] if one["suppressed"]]
    assert accepted
    assert all(one == {"by": "baseline", "reason": "before the launch", "expires": "2099-01-31"} for one in accepted)


def test_a_baseline_that_is_written_again_keeps_what_was_said_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = repository(tmp_path, PROJECT)
    monkeypatch.chdir(root)
    assert cli.run(["baseline", "--reason", "before the launch", "--expires", "2099-01-31"]) == 0
    before = {entry.subject for entry in _kept(root)}
    write(root, {"b.ts": "export const c = process.env.THREE!\n"})
    assert cli.run(["baseline", "--reason", "the new page"]) == 0
    entries = _kept(root)
    assert {entry.subject: (entry.reason, entry.expires) for entry in entries} == {
        **dict.fromkeys(before, ("before the launch", date(2099, 1, 31))),
        "THREE": ("the new page", None),
    }
    # What has run out is accepted anew, and what is no finding any more is left out; a broken one is written from nothing.
    (root / "b.ts").unlink()
    over = (root / "driftline-baseline.json").read_text().replace("2099-01-31", "2020-01-31")
    for text in (over, "<<<<<<< ours"):
        (root / "driftline-baseline.json").write_text(text)
        assert cli.run(["baseline", "--reason", "once more"]) == 0
        assert {(entry.subject, entry.reason, entry.expires) for entry in _kept(root)} == {(one, "once more", None) for one in before}


def _kept(root: Path) -> tuple[suppress.Accepted, ...]:
    return suppress.read_baseline((root / "driftline-baseline.json").read_text(), "b")


def test_two_branches_extend_a_baseline_without_a_conflict(tmp_path: Path) -> None:
    root = repository(tmp_path, {**PROJECT, "a.ts": "".join(f"process.env.SHARED_{i}!;" for i in range(8))}, commit=True)

    def accept_all() -> None:
        read = settings.read(str(root), None, rules.identifiers())
        report = audit.check(audit.Request(str(root), read, today=TODAY, cache=patterns()))
        write(root, {"driftline-baseline.json": suppress.baseline_text(report.findings, "now", None)})
        git(root, "add", "--all")
        git(root, "commit", "--quiet", "--message", "accept")

    accept_all()
    for branch, name in (("one", "AAA_FIRST"), ("two", "SHARED_35")):
        git(root, "checkout", "--quiet", "-B", branch, "main")
        write(root, {f"{branch}.ts": f"process.env.{name}!"})
        accept_all()
    git(root, "merge", "--quiet", "--message", "both", "one")
    merged = suppress.read_baseline((root / "driftline-baseline.json").read_text(), "b")
    assert {"AAA_FIRST", "SHARED_35"} <= {entry.subject for entry in merged}
