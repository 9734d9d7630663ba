"""Roles of variables and arguments: whose addresses are called by somebody else, and whose never alarm."""

from __future__ import annotations

import pytest

from driftline.knowledge import callbacks
from driftline.knowledge.callbacks import Role


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("NEXT_PUBLIC_APP_URL", Role.SITE),
        ("VITE_SITE_URL", Role.SITE),
        ("NEXT_PUBLIC_URL", Role.SITE),
        ("DUB_WEB_URL", Role.SITE),
        ("ORIGIN", Role.SITE),
        ("REACT_APP_API_URL", Role.API),
        ("PROD_BACKEND_URL", Role.API),
        ("NEXTAUTH_URL", Role.AUTH),
        ("AUTH_REDIRECT_PROXY_URL", Role.AUTH),
        ("GITHUB_CALLBACK_URL", Role.OAUTH),
        ("WORKOS_REDIRECT_URI", Role.OAUTH),
        ("STRIPE_SUCCESS_URL", Role.PAYMENT),
        ("PAYSTACK_CALLBACK_URL", Role.PAYMENT),
        ("CANCEL_URL", Role.PAYMENT),
        ("MOLLIE_WEBHOOK_URL", Role.WEBHOOK),
        ("WEBHOOK_BASE_URL", Role.WEBHOOK),
        ("TWILIO_STATUS_CALLBACK", Role.WEBHOOK),
        ("PASSWORD_RESET_URL", Role.MAIL),
        ("EMAIL_LINK_BASE", Role.MAIL),
        ("R2_PUBLIC_URL", Role.ASSET),
        ("CDN_URL", Role.ASSET),
        ("UPLOADTHING_CALLBACK_URL", Role.UPLOAD),
    ],
)
def test_a_callback_by_its_name(name: str, role: Role) -> None:
    assert callbacks.role_of(name) is role
    assert role.words


@pytest.mark.parametrize(
    "name",
    [
        "DATABASE_URL", "REDIS_URL", "SUPABASE_URL", "S3_ENDPOINT", "OPENAI_BASE_URL", "SENTRY_DSN", "URL", "NEXTAUTH_URL_INTERNAL", "INTERNAL_API_URL",
        "API_URL_INTERNAL", "NEXT_PRIVATE_INTERNAL_WEBAPP_URL", "DEV_SUPABASE_REDIRECT_URL", "TEST_BASE_URL", "PLAYWRIGHT_BASE_URL", "CORS_ORIGIN",
        "BETTER_AUTH_TRUSTED_ORIGINS", "NODE_ENV", "PORT", "HOST", "STRIPE_SECRET_KEY",
    ],
)  # fmt: skip
def test_no_callback_by_its_name(name: str) -> None:
    assert callbacks.role_of(name) is None


@pytest.mark.parametrize(
    ("key", "role"),
    [
        ("success_url", Role.PAYMENT),
        ("cancelUrl", Role.PAYMENT),
        ("emailRedirectTo", Role.MAIL),
        ("redirectTo", Role.OAUTH),
        ("callbackURL", Role.OAUTH),
        ("notification_url", Role.WEBHOOK),
        ("API_BASE_URL", Role.API),
        ("className", None),
        ("href", None),
    ],
)
def test_a_callback_by_its_argument(key: str, role: Role | None) -> None:
    assert callbacks.role_of_argument(key) is role


def test_platform_variables() -> None:
    vercel = callbacks.platform_url("VERCEL_URL")
    netlify = callbacks.platform_url("DEPLOY_PRIME_URL")
    assert vercel is not None
    assert (vercel.by, vercel.scheme, vercel.of) == ("Vercel", False, "deployment")
    assert netlify is not None
    assert netlify.scheme
    assert callbacks.platform_url("APP_URL") is None
    assert callbacks.platform_flag("IS_PULL_REQUEST") == "Render"
    assert callbacks.platform_flag("CI") is None
