"""The desk at which devices are registered and enrolled, and what its books then hold."""

from __future__ import annotations

import csv
import sqlite3

from shieldnet import devices
from shieldnet.devices import Registered, Request
from shieldnet.network import Network
from tests.unit.shieldnet.networks import certificate

HERON = Request(holder="heron", model="Cobalt S1")


def one(network: Network, request: Request = HERON, site: str = "ams") -> Registered:
    return devices.register(network, site, [request])[0]


def enrolled(network: Network) -> str:
    new = one(network)
    devices.enrol(network, new.code, certificate(new.address))
    return new.address


def rows(network: Network, query: str, site: str = "ams") -> list[tuple[object, ...]]:
    connection = sqlite3.connect(network.site(site).registry)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def ledger(network: Network, site: str = "ams") -> list[dict[str, str]]:
    with network.site(site).ledger.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))
