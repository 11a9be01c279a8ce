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


class NoNetworkError(ShieldnetError):
    """The folder holds no network."""

    exit_code = 2


class HalfMadeError(ShieldnetError):
    """Making the network was interrupted, or part of it is gone."""

    exit_code = 2


class UnknownSiteError(ShieldnetError):
    """A site or a domain that the settings do not name."""

    exit_code = 2


class ServiceError(ShieldnetError):
    """A mail server would not start, stop or answer; the sentence holds what it said."""

    exit_code = 3


class RunningError(ShieldnetError):
    """The network is up where it must be down, or its ports are taken."""

    exit_code = 3


class NotRunningError(ShieldnetError):
    """The network is down where it must be up."""

    exit_code = 3


class MissingPackagesError(ShieldnetError):
    """Programs that the network is made of are not installed."""

    exit_code = 3
