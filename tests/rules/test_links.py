"""Addresses in built output that is about to be deployed: each is told once, and a preview's own is right in a preview."""

from pathlib import Path

import pytest

from tests.project.trees import check, repository

_FILES = {
    "package.json": '{"devDependencies": {"vite": "7.0.0"}}',
    ".env.production": "VITE_SITE_URL=https://shop.example\n",
    ".env.preview": "VITE_SITE_URL=https://preview.shop.example\n",
    "src/site.ts": "export const site = import.meta.env.VITE_SITE_URL\n",
    "dist/index.html": "<script src=/a.js></script>",
}


@pytest.mark.parametrize(
    ("code", "target", "told"),
    [
        ('go({redirectTo:"http://localhost:5173/cb"})', "production", ["local-callback"]),
        ('go({return_url:"https://shop-git-main-acme.vercel.app/ok"})', "production", ["preview-callback"]),
        ('go({return_url:"https://deploy-preview-7--shop.netlify.app/ok"})', "production", ["preview-callback"]),
        ('go({return_url:"https://shop.vercel.app/ok"})', "production", []),
        ('go({return_url:"https://shop-git-main-acme.vercel.app/ok"})', "preview", []),
    ],
)
def test_links_of_output_that_git_holds(tmp_path: Path, code: str, target: str, told: list[str]) -> None:
    root = repository(tmp_path / "shop", {**_FILES, "dist/a.js": code})
    report = check(root, command="predeploy", target=target)
    assert [finding.rule for finding in report.findings if finding.location.path == "dist/a.js"] == told
