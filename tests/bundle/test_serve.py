"""What reaches a visitor is scanned, what stays on the server is not, for every framework's way of laying out its output."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from driftline.bundle import serve
from driftline.bundle.scan import scan, served_file
from tests.bundle.looking import cache_folder

NEXT = (
    "BUILD_ID", "build-manifest.json", "required-server-files.json", "prerender-manifest.json", "static/chunks/main.js", "static/css/a.css",
    "server/app/index.html", "server/app/index.rsc", "server/app/index.meta", "server/app/page.js", "server/app/page_client-reference-manifest.js",
    "server/pages/about.html", "server/pages/about.json", "server/pages/api/hello.js", "server/pages-manifest.json", "server/chunks/ssr/1.js",
    "cache/webpack/0.pack", "standalone/server.js",
)  # fmt: skip
NEXT_SERVED = {
    "static/chunks/main.js",
    "static/css/a.css",
    "server/app/index.html",
    "server/app/index.rsc",
    "server/pages/about.html",
    "server/pages/about.json",
}


def make(root: Path, *paths: str) -> None:
    for path in paths:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("x")


def served(root: Path) -> set[str]:
    failed: list[tuple[str, str]] = []
    found = {os.path.relpath(one.path, root).replace(os.sep, "/") for one in serve.files(str(root), failed)}
    assert not failed
    return found


def test_next(tmp_path: Path) -> None:
    make(tmp_path, *NEXT)
    assert served(tmp_path) == NEXT_SERVED


@pytest.mark.parametrize(
    ("files", "kept"),
    [
        (
            ("BUILD_ID", "required-server-files.json", "server/app/page.js", "server/app/index.html", "package.json"),
            {"server/app/index.html"},
        ),
        (("cache/a.pack", "diagnostics/a.json", "server/app/page.js", "trace", "types/a.ts"), set()),
        (("server/app/page.js", "trace", "types/a.ts", "app-build-manifest.json", "static/a.js"), {"static/a.js"}),
        (("server/index.html", "types/a.js"), {"server/index.html", "types/a.js"}),
    ],
    ids=["the copy of a standalone server", "a build that failed", "a development server's", "another framework's"],
)
def test_a_part_of_a_next_build_is_one(files: tuple[str, ...], kept: set[str], tmp_path: Path) -> None:
    make(tmp_path, *files)
    failed: list[tuple[str, str]] = []
    found = {os.path.relpath(one.path, tmp_path).replace(os.sep, "/") for one in serve.files(str(tmp_path), failed)}
    assert found == kept
    assert [os.path.basename(path) for path, _ in failed] == ([] if "static/a.js" in files or "server/index.html" in files else ["static"])


@pytest.mark.parametrize(
    ("output", "kept", "left"),
    [
        ("build", "client/assets/a.js", "server/index.js"),  # React Router, Remix
        ("dist", "client/_astro/a.js", "server/entry.mjs"),  # Astro, SolidStart
        ("dist/shop", "browser/main.js", "server/server.mjs"),  # Angular
        (".output", "public/_nuxt/a.js", "server/index.mjs"),  # Nuxt, Nitro, TanStack Start
        (".svelte-kit/output", "client/_app/a.js", "server/index.js"),
        (".svelte-kit/output", "prerendered/pages/index.html", "server/index.js"),
        (".vercel/output", "static/a.js", "functions/index.func/index.js"),
        (".netlify", "static/a.js", "functions-internal/server.js"),
        ("dist", "assets/a.js", "_worker.js"),  # Cloudflare Pages
        ("dist", "assets/a.js", "node_modules/x/index.js"),
    ],
)
def test_halves(output: str, kept: str, left: str, tmp_path: Path) -> None:
    make(tmp_path, f"{output}/{kept}", f"{output}/{left}")
    assert served(tmp_path / output) == {kept}


def test_a_folder_called_server_alone_is_content(tmp_path: Path) -> None:
    make(tmp_path, "docs/server/index.html", "index.html")
    assert served(tmp_path) == {"docs/server/index.html", "index.html"}


def test_a_project_is_searched_for_its_outputs(tmp_path: Path) -> None:
    make(tmp_path, "package.json", "tsconfig.json", "src/a.ts", "public/robots.txt", "node_modules/x/dist/a.js", "dist/assets/a.js")
    make(tmp_path / ".next", *NEXT)
    assert served(tmp_path) == {"public/robots.txt", "dist/assets/a.js", *(f".next/{path}" for path in NEXT_SERVED)}


@pytest.mark.promise("nothing-is-left-out")
def test_links_are_not_followed(tmp_path: Path) -> None:
    make(tmp_path, "dist/a.js", "secret/b.js")
    os.symlink(tmp_path / "secret", tmp_path / "dist" / "more")
    os.symlink(tmp_path / "secret" / "b.js", tmp_path / "dist" / "b.js")
    os.symlink(tmp_path / "nowhere", tmp_path / "dist" / "c.js")
    os.symlink("d.js", tmp_path / "dist" / "d.js")
    os.symlink("a.js", tmp_path / "dist" / "latest.js")
    os.symlink(".", tmp_path / "dist" / "again")
    found = scan([str(tmp_path / "dist")], root=str(tmp_path), cache=cache_folder())
    assert found.files == 1
    out = "a link out of the built output; not followed"
    assert [(one.path, one.reason) for one in found.unread] == [
        ("dist/b.js", out),
        ("dist/c.js", "No such file or directory"),
        ("dist/d.js", "Too many levels of symbolic links"),
        ("dist/more", out),
    ], "what a link leads to inside is looked at under its own name"


@pytest.mark.promise("nothing-is-left-out")
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes among files")
@pytest.mark.parametrize("folder", ["dist", ".next/static/chunks"])
def test_pipes_and_sockets_are_unread(folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "dist/a.js")
    make(tmp_path / ".next", *NEXT)
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    os.mkfifo(tmp_path / folder / "b.js")
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(tmp_path / folder)  # the whole path of a socket has a hundred characters at most
        listening.bind("c.js")
    for path in (tmp_path / folder.partition("/")[0], tmp_path / folder / "b.js"):
        found = scan([str(path)], root=str(tmp_path), cache=cache_folder())
        assert f"{folder}/b.js" in {one.path for one in found.unread}
        assert {one.reason for one in found.unread} == {"is not a regular file"}


def test_the_project_of_an_output(tmp_path: Path) -> None:
    make(
        tmp_path,
        "shop/package.json",
        "shop/dist/a.js",
        "mono/turbo.json",
        "mono/apps/web/package.json",
        "mono/apps/web/.next/BUILD_ID",
        "alone/dist/a.js",
    )
    assert serve.project_of(str(tmp_path / "shop/dist")) == (str(tmp_path / "shop"), True)
    assert serve.project_of(str(tmp_path / "shop/dist/a.js")) == (str(tmp_path / "shop"), True)
    assert serve.project_of(str(tmp_path / "mono/apps/web/.next")) == (str(tmp_path / "mono"), True)


@pytest.mark.parametrize("given", [".next/static", ".next/standalone", ".next/standalone/.next", ".output/server"])
def test_a_manifest_that_a_build_wrote_is_no_project(given: str, tmp_path: Path) -> None:
    make(tmp_path, "shop/package.json", "shop/.next/package.json", "shop/.next/static/a.js", "shop/.next/standalone/package.json")
    make(
        tmp_path, "shop/.next/standalone/node_modules/a.js", "shop/.next/standalone/.next/package.json", "shop/.output/server/package.json"
    )
    assert serve.project_of(str(tmp_path / "shop" / given)) == (str(tmp_path / "shop"), True)


def test_a_project_that_is_given_itself_is_its_own(tmp_path: Path) -> None:
    make(tmp_path, "package.json", "node_modules/react/index.js", "dist/package.json")
    assert serve.project_of(str(tmp_path)) == (str(tmp_path), True)
    assert serve.project_of(str(tmp_path / "dist")) == (str(tmp_path), True), "what was built may hold a manifest, too"


def test_what_vanishes_or_may_not_be_read_is_said(tmp_path: Path) -> None:
    make(tmp_path, "dist/a.js")
    found = scan([str(tmp_path / "dist"), str(tmp_path / "nowhere")], root=str(tmp_path), cache=cache_folder())
    assert [(one.path, one.reason) for one in found.unread] == [("nowhere", "No such file or directory")]
    assert (found.files, found.bytes) == (1, 1)


def test_nothing_to_scan_is_visible(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    assert scan([str(tmp_path / "dist")], root=str(tmp_path), cache=cache_folder()).files == 0


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("dist/.git/config", "the folder of a git repository"),
        ("dist/.npmrc", "a key file"),
        ("dist/.env", "an env file"),
        ("dist/config", None),
        ("dist/.env.example", None),
    ],
)
def test_what_has_no_place_among_served_files(path: str, what: str | None) -> None:
    assert served_file(path) == what
