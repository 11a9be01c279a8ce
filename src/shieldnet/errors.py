"""Every error that stops a command of shieldnet: what happened and what to do next."""

from __future__ import annotations


class ShieldnetError(Exception):
    """Stops the command; `str(error)` is a sentence a person can act on."""

    exit_code = 1


class NotEmptyError(ShieldnetError):
    """The folder to write into holds something already."""

    exit_code = 2


class SettingsError(ShieldnetError):
    """The numbers asked for cannot be met."""

    exit_code = 2
