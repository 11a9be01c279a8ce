"""A network's settings: `network.toml`, read once and checked to the last word.

Every word in the file is understood or refused. What the settings mean on disk is
docs/reference/copied-site.md; how the servers are run from them is `shieldnet.site`.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from shieldnet.errors import (
    HalfMadeError,
    NoNetworkError,
    SettingsError,
    UnknownSiteError,
)

SETTINGS = "network.toml"
CUSTODIES = ("device", "server")
LONGEST_FOLDER = 60
"""Octets; names of Dovecot's sockets must fit in the 108 of `sun_path` (unix(7))."""
_NAME = re.compile(r"[a-z][a-z0-9-]{0,14}")
_DOMAIN = re.compile(r"(?=.{4,200}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_OFFSET = re.compile(r"([+-])(\d\d):([0-5]\d)")
_PORTS = ("relay_port", "submission_port", "imap_port")
_SITE_WORDS = {"domain", "host", "country", "utc_offset", "address", "currency", *_PORTS}
_WORDS = {"version", "custody", "only_encrypted", "retention_days", "site"}

DEFAULT = """\
# Settings of a shielded network; `shieldnet up` reads them each time.
version = 1

# Who keeps the secret keys: "device" (the servers never see one), or "server", a test mode that
# repeats the flaw of 2016 and must never carry anything real.
custody = "{custody}"

# Refuse mail that is not encrypted, and take from the rest what names the phone: subject, user
# agent, client address, internal hops.
only_encrypted = {only_encrypted}

# Days after which `shieldnet expire` removes mail, unless a legal hold stands.
retention_days = 20

[site.ams]
domain = "ams.shieldnet.example"
host = "mx.ams.shieldnet.example"
country = "NL"
utc_offset = "+01:00"
currency = "EUR"
address = "127.0.0.2"
relay_port = 10025
submission_port = 10465
imap_port = 10993

[site.yyz]
domain = "yyz.shieldnet.example"
host = "mx.yyz.shieldnet.example"
country = "CA"
utc_offset = "-05:00"
currency = "CAD"
address = "127.0.0.3"
relay_port = 10025
submission_port = 10465
imap_port = 10993
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSite:
    """One server of a network and where everything of it lies."""

    name: str
    domain: str
    host: str
    country: str
    utc_offset: str
    """`+01:00`; fixed, without summer time."""
    currency: str
    address: str
    relay_port: int
    submission_port: int
    imap_port: int
    folder: Path

    @property
    def registry(self) -> Path:
        """Return the device registry."""
        return self.folder / "registry.db"

    @property
    def ledger(self) -> Path:
        """Return the sales ledger."""
        return self.folder / "ledger.csv"

    @property
    def keys(self) -> Path:
        """Return the folder of certificates (and, in server custody, of secret keys)."""
        return self.folder / "keys"

    @property
    def wkd(self) -> Path:
        """Return the folder of the Web Key Directory."""
        return self.folder / "wkd"

    @property
    def mail(self) -> Path:
        """Return the folder of mailboxes."""
        return self.folder / "mail"

    @property
    def log(self) -> Path:
        """Return the folder of logs."""
        return self.folder / "log"

    @property
    def tls(self) -> Path:
        """Return the folder of the site's own key and certificate."""
        return self.folder / "tls"

    @property
    def zone(self) -> dt.timezone:
        """Return the zone its logs are written in."""
        sign, hours, minutes = self._offset()
        return dt.timezone(sign * dt.timedelta(hours=hours, minutes=minutes))

    @property
    def zone_text(self) -> str:
        """Return the zone as mail headers write it."""
        return self.utc_offset.replace(":", "")

    @property
    def posix_zone(self) -> str:
        """Return the zone as the TZ variable wants it, whose sign is the other way round."""
        sign, hours, minutes = self._offset()
        return f"<{self.zone_text}>{'-' if sign > 0 else ''}{hours:02d}:{minutes:02d}"

    def _offset(self) -> tuple[int, int, int]:
        sign, hours, minutes = _OFFSET.fullmatch(self.utc_offset).groups()  # type: ignore[union-attr]
        return (1 if sign == "+" else -1), int(hours), int(minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """All sites of a network and the rules they share."""

    folder: Path
    custody: str
    """`device`, or `server`: the declared test mode."""
    only_encrypted: bool
    retention_days: int
    sites: dict[str, LiveSite]

    @property
    def authority(self) -> Path:
        """Return the folder of the network's own certificate authority; never part of a site."""
        return self.folder / "authority"

    def site(self, name: str) -> LiveSite:
        """Return a site by its name; refuse one that is not in the settings."""
        try:
            return self.sites[name]
        except KeyError:
            known = ", ".join(self.sites)
            raise UnknownSiteError(
                f"There is no site {name!r} in {self.folder / SETTINGS}; it has {known}. "
                "Name one of these, or add it to the file"
            ) from None

    def site_of(self, address: str) -> LiveSite:
        """Return the site whose domain an address is in."""
        domain = address.rpartition("@")[2].lower()
        for site in self.sites.values():
            if site.domain == domain:
                return site
        known = ", ".join(site.domain for site in self.sites.values())
        raise UnknownSiteError(
            f"No site of this network has the address {address}. Addresses end in {known}"
        )


def load(folder: Path) -> Network:
    """Read a network that `shieldnet init` made; refuse one that is missing or half made."""
    folder = folder.resolve()
    if not (folder / SETTINGS).is_file():
        if (folder / "sites").exists():
            raise HalfMadeError(
                f"{folder} is half made: {SETTINGS} is missing. Run `shieldnet init {folder}` "
                "again, or put the file back"
            )
        raise NoNetworkError(
            f"{folder} holds no network: {SETTINGS} is missing. "
            f"Make one with `shieldnet init {folder}`"
        )
    network = read(folder)
    for site in network.sites.values():
        for path in (site.registry, site.tls / "cert.pem", site.mail):
            if not path.exists():
                raise HalfMadeError(
                    f"{folder} is half made: {path.relative_to(folder)} is missing. "
                    f"Run `shieldnet init {folder}` again to finish it, or restore the site"
                )
    return network


def read(folder: Path) -> Network:
    """Read and check `network.toml` alone."""
    path = folder / SETTINGS
    try:
        settings = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}. Correct that line") from None
    return _Reader(path).network(folder.resolve(), settings)


class _Reader:
    """Turns the file's words into settings; every refusal names the word."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def network(self, folder: Path, settings: dict[str, Any]) -> Network:
        self._known("the file", settings, _WORDS)
        if settings.get("version", 1) != 1:
            self._refuse("version", settings["version"], "this shieldnet reads version 1")
        custody = settings.get("custody", "device")
        if custody not in CUSTODIES:
            self._refuse("custody", custody, 'it is "device" or "server"')
        only_encrypted = settings.get("only_encrypted", custody == "device")
        if not isinstance(only_encrypted, bool):
            self._refuse("only_encrypted", only_encrypted, "it is true or false")
        if custody == "device" and not only_encrypted:
            self._refuse("only_encrypted", False, 'only the test mode, custody = "server", may')
        days = self._number("retention_days", settings.get("retention_days", 20), 1, 3650)
        sites = settings.get("site")
        if not isinstance(sites, dict) or not sites:
            self._refuse("site", sites, "there is at least one table [site.NAME]")
        found = {name: self._site(folder, name, words) for name, words in sites.items()}
        self._apart(list(found.values()))
        return Network(
            folder=folder,
            custody=custody,
            only_encrypted=only_encrypted,
            retention_days=days,
            sites=found,
        )

    def _site(self, folder: Path, name: str, words: Any) -> LiveSite:
        if not _NAME.fullmatch(name) or not isinstance(words, dict):
            self._refuse("site", name, "a name is small letters, digits and -, 15 at most")
        where = f"site.{name}"
        self._known(f"[{where}]", words, _SITE_WORDS)
        domain = self._matching(f"{where}.domain", words.get("domain"), _DOMAIN, "a domain")
        host = words.get("host", f"mx.{domain}")
        try:
            address = str(ipaddress.IPv4Address(words.get("address", "")))
        except ValueError:
            self._refuse(f"{where}.address", words.get("address"), "it is an IPv4 address")
        ports = {
            port: self._number(f"{where}.{port}", words.get(port, default), 1, 65_535)
            for port, default in zip(_PORTS, (10025, 10465, 10993), strict=True)
        }
        letters = re.compile("[A-Z]{2}"), re.compile("[A-Z]{3}")
        country = words.get("country", "NL")
        currency = words.get("currency", "EUR")
        offset = words.get("utc_offset", "+00:00")
        return LiveSite(
            name=name,
            domain=domain,
            host=self._matching(f"{where}.host", host, _DOMAIN, "a name like mx.site.example"),
            country=self._matching(f"{where}.country", country, letters[0], "two letters"),
            utc_offset=self._matching(f"{where}.utc_offset", offset, _OFFSET, "like +01:00"),
            currency=self._matching(f"{where}.currency", currency, letters[1], "three letters"),
            address=address,
            folder=folder / "sites" / name,
            **ports,
        )

    def _apart(self, sites: list[LiveSite]) -> None:
        """Refuse two sites, or two services, that would get in each other's way."""
        for what in ("domain", "host"):
            values = [getattr(site, what) for site in sites]
            for value in values:
                if values.count(value) > 1:
                    self._refuse(what, value, "two sites have the same")
        taken = [(site.address, getattr(site, port)) for site in sites for port in _PORTS]
        for place in taken:
            if taken.count(place) > 1:
                self._refuse("port", f"{place[0]}:{place[1]}", "two services have the same")

    def _known(self, where: str, words: dict[str, Any], known: set[str]) -> None:
        for word in words:
            if word not in known:
                raise SettingsError(
                    f"{self._path}: {where} has the unknown word {word!r}. "
                    f"It may have {', '.join(sorted(known))}"
                )

    def _matching(self, word: str, value: Any, form: re.Pattern[str], what: str) -> str:
        if not isinstance(value, str) or not form.fullmatch(value):
            self._refuse(word, value, f"it is {what}")
        return str(value)

    def _number(self, word: str, value: Any, least: int, most: int) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self._refuse(word, value, f"it is a number from {least} to {most}")
        return int(value)

    def _refuse(self, word: str, value: object, rule: str) -> NoReturn:
        raise SettingsError(f"{self._path}: {word} cannot be {value!r}: {rule}")
