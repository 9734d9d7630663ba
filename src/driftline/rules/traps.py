"""Tells what only pretends to work: a provider's sandbox, an emulator, a sink for mails."""

from __future__ import annotations

from driftline.model import Exposure, Identity, Literal, Mode


def is_trap(identity: Identity) -> bool:
    """Whether a value is a sandbox's address, an emulator's, or what swallows mail, rather than a credential or a switch."""
    if identity.kind == "mode flag":
        return False
    if identity.mode is Mode.TEST:
        served = identity.job == "storage" and identity.slot == "url"
        return identity.kind == "host" or served or (identity.job == "email" and identity.exposure is not Exposure.SECRET)
    emulated = identity.job in ("storage", "email", "payment") or identity.kind == "emulator address"
    # An emulator's project is known by its name (Firebase's `demo-shop`).
    return identity.mode is Mode.LOCAL and (identity.slot == "account" or (identity.slot == "url" and emulated))


def switched(literal: Literal) -> str | None:
    """The provider whose client a place in code switches to its sandbox or emulator, None for any other literal."""
    prefix = "sandbox of "
    return literal.role.removeprefix(prefix) if literal.role.startswith(prefix) else None
