"""What can be wrong with a request about a device: each says what, and what to do next."""

from __future__ import annotations

from shieldnet.errors import ShieldnetError


class DeviceError(ShieldnetError):
    """A request about a device that cannot be met."""

    exit_code = 2


class RegistryError(DeviceError):
    """The registry cannot be read or written now."""

    exit_code = 3


class UnknownDeviceError(DeviceError):
    """No device has this address, serial number or IMEI."""


class TakenError(DeviceError):
    """An address, IMEI, serial or order number belongs to another device or sale."""


class StateError(DeviceError):
    """The device is not in the state this step needs."""


class CodeError(DeviceError):
    """An enrolment code that is unknown, used, withdrawn or too old."""


class CustodyError(DeviceError):
    """What the network's custody of keys rules out."""


class HeldError(DeviceError):
    """A legal hold forbids this step, or there is none to lift."""
