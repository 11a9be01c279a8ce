"""A network's folder as `shieldnet init` leaves it, made without any mail server."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pysequoia

from shieldnet.network import DEFAULT, Network, load, read
from shieldnet.registry import Registry, write_ledger


def made(folder: Path, custody: str = "device") -> Network:
    encrypted = "true" if custody == "device" else "false"
    folder.mkdir(exist_ok=True)
    text = DEFAULT.format(custody=custody, only_encrypted=encrypted)
    (folder / "network.toml").write_text(text, "utf-8")
    for site in read(folder).sites.values():
        for name in ("mail", "log", "keys", "tls"):
            (site.folder / name).mkdir(parents=True)
        (site.tls / "cert.pem").write_text("none\n")
        write_ledger(site.ledger, site, ())
        with Registry(site.registry, site):
            pass
    return load(folder)


def key(address: str, number: int = 0) -> pysequoia.Tsk:
    """Return a test key of an address; the same for the same number."""
    return _key(address, number)


@cache
def _key(address: str, number: int) -> pysequoia.Tsk:
    return pysequoia.Tsk.generate(f"test {number} <{address}>")


def certificate(address: str, number: int = 0) -> bytes:
    return bytes(key(address, number).extract_certificate())


def revocation(address: str, number: int = 0) -> bytes:
    tsk = key(address, number)
    return bytes(tsk.extract_certificate().revoke(certifier=tsk.certifier()))
