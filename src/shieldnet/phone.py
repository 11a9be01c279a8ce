"""A phone as a folder: its key, its login, what it sends and what it receives.

Plain PGP/MIME over submission and IMAP, for people without an app and for tests; real phones use
Delta Chat. The folder is readable by its owner alone. Passwords and keys are read from it and
never stand on a command line, in a log or in an error.
"""

from __future__ import annotations

import imaplib
import json
import re
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pysequoia

from shieldnet import custody, files, wkd
from shieldnet.devices import address_of, enrol
from shieldnet.errors import (
    NotEmptyError,
    NotRunningError,
    ServiceError,
    SettingsError,
    ShieldnetError,
)
from shieldnet.message import Attachment, Draft, Opened, Sealed, open_mail, seal
from shieldnet.network import LiveSite, Network, load

VERSION = 1
PATIENCE = 30.0
"""Seconds a server has to answer."""
_UID = re.compile(rb"UID (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """One phone, ready to send and receive."""

    folder: Path
    network: Network
    address: str
    password: str = field(repr=False)
    key: Any = field(repr=False)

    @property
    def site(self) -> LiveSite:
        """Return the site it writes through."""
        return self.network.site_of(self.address)

    def send(self, draft: Draft, *, keep_copy: bool = False) -> Sealed:
        """Encrypt a message and hand it in; with `keep_copy` also into the folder Sent."""
        recipients = [wkd.certificate(self.network, address) for address in draft.to]
        sealed = seal(draft, recipients, self.key)
        self.submit(sealed.mail, draft.to)
        if keep_copy:
            with self.mailbox() as imap:
                imap.create("Sent")
                imap.append("Sent", r"(\Seen)", "", sealed.mail)
        return sealed

    def submit(self, mail: bytes, to: tuple[str, ...], sender: str | None = None) -> None:
        """Hand a ready mail in; a refusal is an error with the server's own words."""
        site = self.site
        try:
            with smtplib.SMTP_SSL(
                site.address,
                site.submission_port,
                local_hostname="phone.invalid",
                timeout=PATIENCE,
                context=self._trust(),
            ) as smtp:
                smtp.login(self.address, self.password)
                refused = smtp.sendmail(sender or self.address, to, mail)
        except smtplib.SMTPAuthenticationError:
            raise ServiceError(f"{site.host} does not let {self.address} log in") from None
        except smtplib.SMTPRecipientsRefused as error:
            raise ServiceError(_refusals(error.recipients)) from None
        except smtplib.SMTPResponseException as error:
            raise ServiceError(f"{site.host} refused it: {_words(error.smtp_error)}") from None
        except (OSError, smtplib.SMTPException) as error:
            raise self._unreachable(error) from None
        if refused:
            raise ServiceError(f"Sent, but not to all: {_refusals(refused)}")

    def receive(
        self, take: Callable[[Opened], None], *, remove: bool = False, folder: str = "INBOX"
    ) -> int:
        """Give each message not yet seen to `take`, then mark or remove it; return how many.

        A message is marked only after `take` returned, so an interruption shows it again.
        """
        with self.mailbox() as imap:
            imap.select(folder)
            _, found = imap.uid("SEARCH", "UNSEEN")
            numbers = found[0].split() if found and found[0] else []
            for number in numbers:
                _, parts = imap.uid("FETCH", number.decode(), "(BODY.PEEK[])")
                for part in parts:
                    if isinstance(part, tuple):
                        take(open_mail(part[1], self.key, self._certificate, self.address))
                flags = r"(\Seen \Deleted)" if remove else r"(\Seen)"
                imap.uid("STORE", number.decode(), "+FLAGS.SILENT", flags)
            if remove:
                imap.expunge()
        return len(numbers)

    @contextmanager
    def mailbox(self) -> Iterator[imaplib.IMAP4_SSL]:
        """Log in to the mailbox, and out again."""
        site = self.site
        try:
            imap = imaplib.IMAP4_SSL(
                site.address, site.imap_port, ssl_context=self._trust(), timeout=PATIENCE
            )
        except OSError as error:
            raise self._unreachable(error) from None
        try:
            imap.login(self.address, self.password)
        except imaplib.IMAP4.error:
            imap.shutdown()
            raise ServiceError(f"{site.host} does not let {self.address} log in") from None
        with imap:
            yield imap

    def _certificate(self, address: str) -> bytes | None:
        try:
            return wkd.certificate(self.network, address)
        except ShieldnetError:
            return None

    def _unreachable(self, error: Exception) -> NotRunningError:
        reason = getattr(error, "strerror", None) or type(error).__name__
        return NotRunningError(
            f"{self.site.host} does not answer ({reason}). See `shieldnet status "
            f"{self.network.folder}`, and start it with `shieldnet up`"
        )

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.folder / "ca.pem"))


def make(network: Network, code: str, folder: Path) -> Phone:
    """Make a phone's key and folder, and enrol it with its one-time code."""
    if folder.exists() and any(folder.iterdir()):
        raise NotEmptyError(f"{folder} holds something already. Name an empty folder")
    address = address_of(network, code)
    key = pysequoia.Tsk.generate(f"<{address}>")
    files.make(folder, 0o700)
    files.put(folder / "secret.asc", str(key).encode("ascii"), 0o600)
    files.put(folder / "ca.pem", (network.site_of(address).tls / "ca.pem").read_bytes(), 0o644)
    secret = bytes(key) if network.custody == custody.SERVER else None
    login = enrol(network, code, bytes(key.extract_certificate()), secret)
    settings = {
        "version": VERSION,
        "network": str(network.folder),
        "address": login.address,
        "password": login.password,
    }
    files.put(folder / "phone.json", json.dumps(settings, indent=2).encode() + b"\n", 0o600)
    return opened(folder)


def opened(folder: Path) -> Phone:
    """Open a phone's folder."""
    try:
        settings = json.loads((folder / "phone.json").read_text("utf-8"))
        network, address = load(Path(settings["network"])), str(settings["address"])
        password = str(settings["password"])
        key = pysequoia.Tsk.from_bytes((folder / "secret.asc").read_bytes())
    except FileNotFoundError as error:
        raise SettingsError(
            f"{folder} is no phone: {Path(error.filename).name} is missing. "
            "Make one with `shieldnet phone enrol`"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise SettingsError(f"{folder}/phone.json is damaged. Issue the device again") from None
    return Phone(folder=folder, network=network, address=address, password=password, key=key)


def attachment(path: Path) -> Attachment:
    """Read a file to be sent."""
    return Attachment(name=path.name, content=path.read_bytes())


def _refusals(refused: dict[str, tuple[int, bytes]]) -> str:
    return "; ".join(f"{who}: {_words(said)}" for who, (_, said) in refused.items())


def _words(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split()).rstrip(".")
