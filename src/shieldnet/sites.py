"""The two sites of the network: names, addresses, zones and clocks.

Domains are in `.example` (RFC 2606), addresses in the documentation ranges (RFC 5737).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

SECOND = 1_000_000_000
DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One clock of a site: how far it is off, and how fast it drifts."""

    offset_ms: int
    drift_ms_per_day: int

    def shown(self, true_ns: int, since: int) -> int:
        """Return what the clock shows at a true instant; the drift counts from second `since`."""
        elapsed = true_ns - since * SECOND
        return (
            true_ns + self.offset_ms * 1_000_000 + elapsed * self.drift_ms_per_day // (DAY * 1000)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One server."""

    name: str
    country: str
    utc_offset: int
    """Hours; fixed, without summer time."""
    address: str
    currency: str
    price_cents: int
    mta: Clock
    store: Clock

    @property
    def domain(self) -> str:
        """Return the part of addresses after the @."""
        return f"{self.name}.shieldnet.example"

    @property
    def host(self) -> str:
        """Return the mail server's name."""
        return f"mx.{self.domain}"

    @property
    def zone(self) -> dt.timezone:
        """Return the zone its logs are written in."""
        return dt.timezone(dt.timedelta(hours=self.utc_offset))

    @property
    def zone_text(self) -> str:
        """Return the zone as mail headers write it."""
        return f"{'-' if self.utc_offset < 0 else '+'}{abs(self.utc_offset):02d}00"


AMS = Site(
    name="ams",
    country="NL",
    utc_offset=1,
    address="192.0.2.10",
    currency="EUR",
    price_cents=150_000,
    mta=Clock(offset_ms=800, drift_ms_per_day=12),
    store=Clock(offset_ms=-4200, drift_ms_per_day=-25),
)
YYZ = Site(
    name="yyz",
    country="CA",
    utc_offset=-5,
    address="198.51.100.10",
    currency="CAD",
    price_cents=219_900,
    mta=Clock(offset_ms=31_000, drift_ms_per_day=90),
    store=Clock(offset_ms=1500, drift_ms_per_day=40),
)
SITES = {site.name: site for site in (AMS, YYZ)}
