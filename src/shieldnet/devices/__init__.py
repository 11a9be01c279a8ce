"""Devices of a live network: registered, enrolled, blocked, wiped, issued again, held.

The registry and the ledger are docs/reference/copied-site.md's. One device has one address for
life; every change is a transaction with its event; codes and passwords are shown once.
"""

from shieldnet.devices.changing import block, reissue, unblock, wipe
from shieldnet.devices.directory import revoke, roll
from shieldnet.devices.enrolling import Login, address_of, enrol
from shieldnet.devices.holds import held
from shieldnet.devices.listing import devices, history
from shieldnet.devices.registering import Registered, Request, register

__all__ = [
    "Login",
    "Registered",
    "Request",
    "address_of",
    "block",
    "devices",
    "enrol",
    "held",
    "history",
    "register",
    "reissue",
    "revoke",
    "roll",
    "unblock",
    "wipe",
]
