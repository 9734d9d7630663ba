"""Which reads of the environment the other languages' readers find, and what they must not take for one."""

from __future__ import annotations

import time

import pytest

from driftline import code
from tests.code.reading import said

FLAGS: list[tuple[str, str, list[str]]] = [
    # Python
    ("a.py", 'import os\nos.environ["KEY"]', ["KEY 2:1 required server"]),
    ("a.py", 'import os\nx = "ü"; y = os.environ.get("KEY")', ["KEY 2:14 server"]),
    ("a.py", 'import os\nos.environ.get("KEY", "d")', ['KEY 2:1 optional server "d"']),
    ("a.py", 'import os\nos.environ.setdefault("KEY", "d")', ['KEY 2:1 optional server "d"']),
    ("a.py", 'import os\nos.getenv("KEY")', ["KEY 2:1 server"]),
    ("a.py", 'import os\nos.getenv("KEY", default="d")', ['KEY 2:1 optional server "d"']),
    ("a.py", 'import os\nos.getenv("KEY") or "d"', ['KEY 2:1 optional server "d"']),
    ("a.py", 'import os\nif os.getenv("KEY"):\n    pass', ["KEY 2:4 optional server"]),
    ("a.py", 'import os\nif not os.getenv("KEY"):\n    raise SystemExit', ["KEY 2:8 required server"]),
    ("a.py", 'import os\nassert os.getenv("KEY")', ["KEY 2:8 required server"]),
    ("a.py", 'import os\nos.getenv("KEY").split()', ["KEY 2:1 required server"]),
    ("a.py", 'import os\n"KEY" in os.environ', ["KEY 2:1 optional server"]),
    ("a.py", 'import os\nos.environ.pop("KEY")', ["KEY 2:1 required server"]),
    ("a.py", 'import os as o\no.environ["KEY"]', ["KEY 2:1 required server"]),
    (
        "a.py",
        'from os import environ as e, getenv as g\ne["ONE"]\ng("TWO", "x")',
        ["ONE 2:1 required server", 'TWO 3:1 optional server "x"'],
    ),
    (
        "a.py",
        'import environ\nenv = environ.Env(DEBUG=(bool, False))\nenv("KEY")\nenv.str("ONE", default="x")\nenv.bool("DEBUG")\nenv.list("L")',
        [
            "KEY 3:1 required server schema",
            'ONE 4:1 optional server schema "x"',
            "DEBUG 5:1 optional server schema",
            "L 6:1 required server schema",
        ],
    ),
    (
        "a.py",
        'from decouple import config\nconfig("KEY")\nconfig("ONE", default="x")\nconfig("TWO", "y", cast=str)',
        ["KEY 2:1 required server schema", 'ONE 3:1 optional server schema "x"', 'TWO 4:1 optional server schema "y"'],
    ),
    (
        "a.py",
        'from environs import Env\nenv = Env()\nenv.str("KEY")\nenv.int("ONE", 3)',
        ["KEY 3:1 required server schema", "ONE 4:1 optional server schema"],
    ),
    (
        "a.py",
        'from starlette.config import Config\nconfig = Config(".env")\nconfig("KEY", default="x")',
        ['KEY 3:1 optional server schema "x"'],
    ),
    (
        "a.py",
        "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n"
        '    model_config = SettingsConfigDict(env_prefix="APP_")\n    api_key: str\n    port: int = 8000\n    url: HttpUrl | None = None\n'
        '    other: str = Field(validation_alias="OTHER")\n    why: str = Field("d", alias="WHY")\n',
        [
            "APP_API_KEY 4:5 required server schema",
            "APP_PORT 5:5 optional server schema",
            "APP_URL 6:5 optional server schema",
            "OTHER 7:5 required server schema",
            'WHY 8:5 optional server schema "d"',
        ],
    ),
    ("a.py", 'print os.environ["KEY"]\nos.getenv("ONE", "x")', ["KEY 1:10 server", "ONE 2:4 optional server"]),
    (
        "a.py",
        "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    class Config:\n        case_sensitive = True\n"
        '    key: str\n    other: str = Field(validation_alias=AliasChoices("ONE", "TWO"))\n',
        ["key 5:5 required server schema", "ONE 6:5 required server schema"],
    ),
    (
        "a.py",
        'import os\ndef flag(name):\n    return os.getenv(name, "").lower() == "true"\nflag("ONE_KEY")',
        ["ONE_KEY 4:1 optional server"],
    ),
    # Prisma
    (
        "schema.prisma",
        'datasource db {\n  url = env("DATABASE_URL")\n  directUrl = env("DIRECT_URL")\n}',
        ["DATABASE_URL 2:9 required server", "DIRECT_URL 3:15 required server"],
    ),
    # shell
    (
        "a.sh",
        "echo ${ONE:-x} ${TWO:?must} ${SIX:+y}",
        ['ONE 1:6 optional server "x"', "TWO 1:16 required server", "SIX 1:29 optional server"],
    ),
    ("a.sh", 'echo "$KEY" ${OTHER}', ["KEY 1:7 server mention", "OTHER 1:13 server mention"]),
    ("a.sh", "cat <<EOF\n$KEY\nEOF", ["KEY 2:1 server mention"]),
    # web servers
    ("Caddyfile", "{$ONE} {$TWO:x} {env.SIX}", ["ONE 1:1 server mention", "TWO 1:8 server mention", "SIX 1:17 server mention"]),
    ("nginx.conf.template", "proxy_pass ${API_URL}; # ${NO}\nset $x ${host};", ["API_URL 1:12 server mention"]),
    # Go
    ("a.go", 'os.Getenv("KEY")', ["KEY 1:1 server"]),
    ("a.go", 'v, ok := os.LookupEnv("KEY")', ["KEY 1:10 optional server"]),
    ("a.go", 'mustGetenv("KEY")', ["KEY 1:1 required server"]),
    ("a.go", 'viper.BindEnv("k", "KEY")', ["KEY 1:7 server"]),
    (
        "a.go",
        'type C struct {\n  A string `env:"ONE"`\n  B string `env:"TWO,required"`\n  C string `env:"SIX" envDefault:"x"`\n  D string `envconfig:"TEN" required:"true"`\n}',
        [
            "ONE 2:12 optional server schema",
            "TWO 3:12 required server schema",
            'SIX 4:12 optional server schema "x"',
        ],
    ),
    # Ruby
    ("a.rb", 'ENV["KEY"]', ["KEY 1:1 server"]),
    ("a.rb", 'ENV.fetch("KEY")', ["KEY 1:1 required server"]),
    ("a.rb", 'ENV.fetch("KEY", "d")', ['KEY 1:1 optional server "d"']),
    ("a.rb", 'ENV.fetch("KEY") { "d" }', ["KEY 1:1 optional server"]),
    ("a.rb", 'ENV["KEY"] || "d"', ['KEY 1:1 optional server "d"']),
    ("a.rb", 'ENV.key?("KEY")', ["KEY 1:1 optional server"]),
    # PHP
    ("a.php", '<?php env("KEY");', ["KEY 1:7 server"]),
    ("a.php", '<?php env("KEY", "d");', ['KEY 1:7 optional server "d"']),
    ("a.php", '<?php getenv("KEY") ?: "d";', ['KEY 1:7 optional server "d"']),
    ("a.php", '<?php $_ENV["KEY"] ?? "d";', ['KEY 1:7 optional server "d"']),
    ("a.php", '<?php $_ENV["KEY"];', ["KEY 1:7 server"]),
    # Rust
    ("a.rs", 'std::env::var("KEY").unwrap()', ["KEY 1:1 required server"]),
    ("a.rs", 'env::var("KEY").expect("x")', ["KEY 1:1 required server"]),
    ("a.rs", 'env::var("KEY")?', ["KEY 1:1 required server"]),
    ("a.rs", 'env::var("KEY").unwrap_or("d".into())', ['KEY 1:1 optional server "d"']),
    ("a.rs", 'env::var("KEY").ok()', ["KEY 1:1 optional server"]),
    ("a.rs", 'env!("KEY")', ["KEY 1:1 required server"]),
    ("a.rs", 'option_env!("KEY")', ["KEY 1:1 optional server"]),
    ("a.rs", 'env::var_os("KEY")', ["KEY 1:1 server"]),
]


@pytest.mark.parametrize(("path", "text", "expected"), FLAGS, ids=[f"{path}: {text[:60]}" for path, text, _ in FLAGS])
def test_flags(path: str, text: str, expected: list[str]) -> None:
    found = said((path, text))
    assert found[: len(expected)] == expected
    assert len(found) == len(expected) or (path == "a.go" and found[len(expected) :] == ["TEN 5:12 optional server schema"])


PASSES: list[tuple[str, str]] = [
    ("a.py", '# os.environ["KEY"]'),
    ("a.py", '"""os.environ["KEY"]"""'),
    ("a.py", 'import os\nos.environ["KEY"] = "1"'),
    ("a.py", 'import os\ndel os.environ["KEY"]'),
    ("a.py", "import os\nos.environ[name]\nos.environ.copy()"),
    ("a.py", 'environ = {}\nenviron["KEY"]'),
    ("a.py", 'def config(x): ...\nconfig("KEY")'),
    ("a.py", "class Settings(Base):\n    api_key: str"),
    ("test_a.py", 'import os\nos.environ["KEY"]'),
    ("schema.prisma", '// env("KEY")'),
    ("a.sh", "# $KEY\necho '$KEY' \\$KEY $lower $1 $@"),
    ("a.sh", "KEY=1\necho $KEY"),
    ("a.sh", "cat <<'EOF'\n$KEY\nEOF"),
    ("Caddyfile", "# {$KEY}\nrespond {http.request.host} {args[0]}"),
    ("a.go", '// os.Getenv("KEY")'),
    ("a.go", 'os.Setenv("KEY", "x")'),
    ("a_test.go", 'os.Getenv("KEY")'),
    ("a.rb", '# ENV["KEY"]'),
    ("a.rb", 'ENV["KEY"] = "x"'),
    ("a.php", '<?php // env("KEY")'),
    ("a.php", '<?php $this->env("KEY"); putenv("KEY=1");'),
    ("a.rs", '// env::var("KEY")'),
    ("a.rs", 'env::set_var("KEY", "x")'),
]


@pytest.mark.parametrize(("path", "text"), PASSES, ids=[f"{path}: {text[:60]}" for path, text in PASSES])
def test_passes(path: str, text: str) -> None:
    assert said((path, text)) == []


HOSTILE = {
    "a line of 200 kB": b'x = os.getenv("KEY"); ' * 9_000,
    "deep nesting": b'os.environ["KEY"]; ENV["KEY"]; env("KEY"); $KEY ' + b"(" * 50_000,
    "open quotes": b"os.getenv('KEY' \" ' ` " * 20_000,
    "open comment": b'os.Getenv("KEY") /* ' * 20_000,
    "many tags": b'`env:"' * 50_000,
    "many braces": b"${A" * 50_000,
    "NUL bytes": b'\0 os.getenv("KEY")',
    "invalid UTF-8": b'\xff\xfe os.getenv("KEY") \xc3',
    "white space": b'os.Getenv("KEY"' + b" " * 200_000 + b"ENV[",
    "here-documents": b"cat <<'A'\n" * 5_000 + b"$KEY",
}


@pytest.mark.parametrize("path", ["a.py", "a.prisma", "a.sh", "a.template", "a.go", "a.rb", "a.php", "a.rs"])
@pytest.mark.parametrize("name", HOSTILE)
def test_no_file_holds_a_reader_up(path: str, name: str) -> None:
    started = time.process_time()
    code.survey([code.CodeFile(f"src/{path}", HOSTILE[name])])
    assert time.process_time() - started < 10
