"""Who keeps the secret keys: the devices, or, in a declared test mode, the servers.

In custody `device` no file of a site ever holds a secret key, not even a locked one. Custody
`server` repeats the flaw of 2016 so that its consequence can be shown: it enrols no real phone,
every message is marked, and `shieldnet status` says so.
"""

from __future__ import annotations

import pysequoia

from shieldnet import files
from shieldnet.certificates import Certificate
from shieldnet.devices.errors import CustodyError
from shieldnet.network import LiveSite, Network

DEVICE, SERVER = "device", "server"
MARK = ("Shieldnet-Custody", "server")
"""The header that every message of the test mode carries."""


def sentence(network: Network) -> str:
    """Say in plain words what a copy of the servers would open."""
    if network.custody == DEVICE:
        return (
            "Secret keys are on the phones alone: a copy of these servers opens no message. "
            "`shieldnet audit` lists what it does give away."
        )
    return (
        "TEST MODE: the servers keep every secret key, as the network of 2016 did. Whoever copies "
        "them reads every message. Real phones are refused and every message is marked "
        f"{MARK[0]}: {MARK[1]}. Never use this for anything real."
    )


def keep_secret(
    network: Network,
    site: LiveSite,
    address: str,
    certificate: Certificate | None,
    secret: bytes | None,
) -> None:
    """Keep the secret key of a certificate in the test mode; refuse one everywhere else."""
    if network.custody == DEVICE:
        if secret is not None:
            raise CustodyError(
                "A secret key was handed over, but this network's servers never keep one. "
                "Enrol with the certificate alone"
            )
        return
    if secret is None or certificate is None:
        raise CustodyError(
            "This network is in its test mode, where the servers keep the secret keys: "
            "enrolment needs certificate and secret key. Use a network with "
            'custody = "device" for real phones'
        )
    if _fingerprint(secret) != certificate.fingerprint:
        raise CustodyError("The secret key is not that of the certificate. Hand over its own")
    where = files.make(site.keys / "secret", 0o700) / f"{address}.asc"
    earlier = where.read_bytes() if where.exists() else b""
    text = secret.decode("ascii") if secret.startswith(b"-----") else _armoured(secret)
    files.put(where, earlier + text.encode("ascii"), 0o600)


def _fingerprint(secret: bytes) -> str:
    return str(pysequoia.Tsk.from_bytes(secret).extract_certificate().fingerprint).lower()


def _armoured(secret: bytes) -> str:
    return str(pysequoia.armor(secret, pysequoia.ArmorKind.SecretKey))


def forget_secret(site: LiveSite, address: str) -> None:
    """Remove what the test mode kept of an address."""
    (site.keys / "secret" / f"{address}.asc").unlink(missing_ok=True)
