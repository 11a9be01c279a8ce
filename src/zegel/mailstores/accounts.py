"""Reads from a path whose mail it may be; a hint that registries and envelopes may overrule.

It never opens anything, and answers with the empty string where the path says nothing.
"""

from __future__ import annotations

import re

_ADDRESS = re.compile(rb"[A-Za-z0-9._%+=-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+\Z")
_ADDRESS_IN_NAME = re.compile(
    rb"[A-Za-z0-9._%+=]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+"
)
_DOMAIN = re.compile(rb"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.[A-Za-z]{2,24}\Z")
_NOT_DOMAINS = (b".bak", b".old", b".orig", b".backup", b".copy", b".tar", b".zip", b".img", b".d")
_MAILDIR = re.compile(rb"\.?maildir(?:[._ -].*)?\Z", re.IGNORECASE)
_HOMES = (b"home", b"Users", b"vmail", b"users")
_SPOOLS = (b"spool/mail", b"var/mail")
_EXPORTS = (b".mbox", b".mbx", b".eml", b".gz", b".xz", b".zst", b".bz2", b".tgz", b".tar")


def account_of(path: bytes) -> str:
    """Return the account that the place of a mail store suggests, or the empty string."""
    names = path.replace(b"!/", b"/").split(b"/")
    return _text(_address(names) or _beside_maildir(names) or _below_home(names))


def _address(names: list[bytes]) -> bytes:
    """Return the innermost name that is a mail address, or holds one in an export's name."""
    for name in reversed(names):
        stem = _without_suffixes(name)
        if _ADDRESS.match(stem):
            return stem.removeprefix(b"export-")
        if stem != name:
            found = _ADDRESS_IN_NAME.search(stem.removeprefix(b"export-"))
            if found is not None:
                return found[0]
    return b""


def _without_suffixes(name: bytes) -> bytes:
    stem = name
    for _ in range(3):
        stem = next((stem.removesuffix(end) for end in _EXPORTS if stem.endswith(end)), stem)
    return stem


def _beside_maildir(names: list[bytes]) -> bytes:
    """Return the name before the Maildir, with the domain before that, if one stands there."""
    for index in range(len(names) - 1, 0, -1):
        if _MAILDIR.match(names[index]):
            return _with_domain(names[:index])
    return b""


def _with_domain(names: list[bytes]) -> bytes:
    user = names[-1]
    domain = names[-2] if len(names) > 1 else b""
    if _DOMAIN.match(domain) and not domain.lower().endswith(_NOT_DOMAINS):
        return user + b"@" + domain
    return user


def _below_home(names: list[bytes]) -> bytes:
    """Return the name below a folder of homes, or the file in a mail spool."""
    for index in range(len(names) - 2, 0, -1):
        if b"/".join(names[index - 1 : index + 1]) in _SPOOLS:
            return names[index + 1]
    for index in range(len(names) - 2, -1, -1):
        if names[index] in _HOMES:
            return names[index + 1]
    return b""


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


def in_spool(path: bytes) -> bool:
    """Say whether `path` is a file of a mail spool: the inbox of the account it is named for."""
    folder = path.rpartition(b"/")[0]
    return folder.endswith(_SPOOLS)


def is_maildir_name(name: bytes) -> bool:
    """Say whether a folder's name is one given to Maildirs."""
    return _MAILDIR.match(name) is not None
