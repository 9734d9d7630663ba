"""`driftline explain` of a variable and of a place: state, winner, identity, readers, findings; never a value."""

from __future__ import annotations

from pathlib import Path

import pytest

from driftline import cli
from driftline.model import Declaration, Location, Misuse, Report, State
from driftline.reports import _explain
from driftline.terminal import Terminal, columns
from tests.projects import FIXTURES, make
from tests.reports import builder
from tests.reports.test_text import expect


def told(report: Report, name: str, **screen: object) -> str:
    return "".join(_explain.variable(report, name, Terminal(**screen)))  # type: ignore[arg-type]


def at(report: Report, path: str, line: int, column: int | None = None) -> str | None:
    text = _explain.place(report, path, line, column, Terminal(120))
    return None if text is None else "".join(text)


def test_whole_screen() -> None:
    expect("shop-explain", told(builder.shop(), "STRIPE_SECRET_KEY"))


@pytest.mark.parametrize("width", [40, 80, 160])
@pytest.mark.parametrize("name", builder.REPORTS)
def test_every_variable_can_be_explained_without_its_value(name: str, width: int) -> None:
    report = builder.REPORTS[name]()
    for app in report.apps:
        for variable in app.variables:
            text = told(report, variable, width=width)
            assert builder.CANARY not in text
            assert all(character.isprintable() or character == "\n" for character in text)
            for line in text.splitlines():
                assert columns(line) <= width or line.lstrip().split(" ")[0].count(":") >= 2, line


def test_what_each_environment_gets() -> None:
    text = told(builder.shop(), "STRIPE_SECRET_KEY", width=120)
    assert "local         set at .env.local:4:1" in text
    assert "sk_test_...(99), stripe secret key, test mode, account ending O2eZ" in text
    assert text.count("the same value as in") == 2
    assert "missing: .env and .env.production and netlify.toml do not declare it" in told(builder.shop(), "DATABASE_URL", width=120)
    assert "empty at .env.local:8:1" in told(builder.shop(), "RESEND_API_KEY")
    assert "an address of this machine" in told(builder.shop(), "NEXT_PUBLIC_SITE_URL")
    assert "a placeholder (a stand-in word), not a value" in told(builder.shop(), "S3_SECRET_ACCESS_KEY")
    assert "Public: its prefix" in told(builder.shop(), "NEXT_PUBLIC_SHOP_NAME")
    assert "Vercel provides it, so no file has to." in told(builder.shop(), "VERCEL_URL")


def test_which_value_wins_and_why() -> None:
    report = builder.shop()
    (app,) = report.apps
    found = app.variables["STRIPE_SECRET_KEY"]
    beaten = Declaration(
        "STRIPE_SECRET_KEY", State.SET, None, Location(".env", 3), ambiguous=("Next.js expands `$`, python-dotenv does not",)
    )
    cell = found.cells["production"]._replace(why=".env.production comes before .env in Next.js", shadowed=((".env", beaten),))
    changed = app._replace(variables={**app.variables, found.name: found._replace(cells={**found.cells, "production": cell})})
    text = told(report._replace(apps=(changed,)), "STRIPE_SECRET_KEY")
    assert "wins: .env.production comes before .env in Next.js" in text
    assert "beats .env:3:1 (set)" in text


def test_an_environment_that_no_file_speaks_for_names_the_export() -> None:
    text = told(builder.monorepo(), "SERVICE_ALPHA_URL", width=120)
    assert "production    unknown: it may be kept where files do not show it; `vercel env pull` would tell" in text


def test_an_unknown_name_is_misuse_and_names_the_nearest() -> None:
    with pytest.raises(Misuse, match='did you mean "STRIPE_SECRET_KEY"'):
        told(builder.shop(), "STRIPE_SECRET_KYE")


def test_a_place_tells_what_stands_there() -> None:
    text = at(builder.shop(), "lib/stripe.ts", 5) or ""
    assert "reads `STRIPE_SECRET_KEY` (process.env, fails without it, on the server)" in text
    assert "test-credential-in-production" in text
    assert "Nothing that driftline looks for" in (at(builder.shop(), "lib/stripe.ts", 6) or "")
    assert at(builder.shop(), "lib/none.ts", 1) is None


def test_a_column_of_a_built_file_tells_the_key_that_stands_there() -> None:
    report = builder.shop()
    public = report.public[0]
    many = report._replace(public=(public, public._replace(location=public.location._replace(column=9))))
    text = at(many, "dist/app.js", 1, 4711) or ""
    assert text.count("public by design") == 1
    assert "pk_test_...(99)" in text
    assert (at(many, "dist/app.js", 1, 5) or "").count("public by design") == 2
    leak = at(builder.monorepo(), "src/lib/ai.ts", 14) or ""
    assert "dist/app.zip:1:48211  blocker  exposed-secret" in leak


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make(FIXTURES / "demo-shop", tmp_path / "shop")
    monkeypatch.chdir(root)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return root


def test_topics_on_the_command_line(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["explain", "missing-variable"]) == 0
    assert capsys.readouterr().out.startswith("missing-variable  ")
    assert cli.run(["explain", "STRIPE_SECRET_KEY"]) == 0
    shown = capsys.readouterr().out
    assert "set at .vercel/.env.production.local:7:1" in shown
    assert "lib/stripe.ts:3:34" in shown
    assert cli.run(["explain", "lib/stripe.ts:3", str(shop)]) == 0
    assert "reads `STRIPE_SECRET_KEY`" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        ("missing-variabl", 'did you mean "missing-variable"'),
        ("STRIPE_SECRET_KYE", 'did you mean "STRIPE_SECRET_KEY"'),
        ("lib/none.ts:3", "there is no such file"),
    ],
)
def test_a_wrong_topic_is_misuse(topic: str, said: str, shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["explain", topic]) == 2
    assert said in capsys.readouterr().err


def test_a_built_file_is_audited_when_it_is_asked_for(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    env = (shop / ".env.local").read_text()
    value = next(line.partition("=")[2].strip('"') for line in env.splitlines() if line.startswith("STRIPE_SECRET_KEY="))
    (shop / "dist").mkdir()
    (shop / "dist" / "app.js").write_text(f'console.log("{value}")')
    code = cli.run(["explain", "dist/app.js:1"])
    shown = capsys.readouterr()
    assert code == 0, shown.err
    assert "exposed-secret" in shown.out
    assert value not in shown.out
