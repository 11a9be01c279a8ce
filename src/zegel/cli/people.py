"""The commands about people: log in and out, who acts, who is enrolled.

A password is asked at the terminal or read from a file descriptor, never given in an argument.
"""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from zegel import service
from zegel.casefile import Case
from zegel.cli import show
from zegel.cli.commands import CaseOption, JsonOption, open_case
from zegel.cli.files import read_file
from zegel.cli.inside import open_investigation
from zegel.errors import UsageError
from zegel.investigation import Investigation

people = typer.Typer(no_args_is_help=True, help="Who is enrolled, and with which roles.")

OfOption = Annotated[
    str | None,
    typer.Option("-i", "--investigation", help="Of this investigation, not of the case."),
]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The name in the roster.")]
RoleOption = Annotated[list[str], typer.Option("--role", help="A role; may be repeated.")]
FdOption = Annotated[
    int | None,
    typer.Option("--password-fd", help="Read the password from this file descriptor, one a line."),
]
LONGEST_LINES = 8192


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.add_typer(people, name="people")
    for command in (login, logout, whoami):
        app.command()(command)


def _of(investigation: str | None, case: Path | None) -> Case | Investigation:
    return open_investigation(investigation) if investigation else open_case(case)


def _passwords(fd: int | None, *asked: str) -> list[str]:
    """Return what was asked for, from the terminal or, a line each, from a file descriptor."""
    if fd is None:
        if not sys.stdin.isatty():
            raise UsageError(
                "a password is asked at a terminal", next_step="Or give --password-fd N."
            )
        return [getpass.getpass(f"{words}: ") for words in asked]
    try:
        with os.fdopen(fd, "rb", closefd=False) as file:
            lines = file.read(LONGEST_LINES).decode("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"no password can be read from file descriptor {fd}") from None
    if len(lines) < len(asked):
        raise UsageError(f"file descriptor {fd} gives {len(lines)} lines of {len(asked)}")
    return lines[: len(asked)]


def _new_password(fd: int | None, *before: str) -> list[str]:
    """Return what is asked before it, and a new password, typed twice at a terminal."""
    if fd is not None:
        return _passwords(fd, *before, "New password")
    *first, new, again = _passwords(None, *before, "New password", "The same again")
    if new != again:
        raise UsageError("the two are not the same", next_step="Give the command again.")
    return [*first, new]


def login(
    investigation: OfOption = None,
    name: Annotated[
        str | None, typer.Option("--as", help="The name; else that of the account.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="The Ed25519 private key: PEM, or OpenSSH's.")
    ] = None,
    purpose: Annotated[str | None, typer.Option(help="What for; else it is asked.")] = None,
    password_fd: FdOption = None,
    browser: Annotated[
        bool, typer.Option("--browser", help="Print a code that carries the session to a browser.")
    ] = False,
    case: CaseOption = None,
    json: JsonOption = False,
) -> None:
    """Begin a working session: who acts from now on, and what for."""
    of = _of(investigation, case)
    proof = _proof(of, name, key, password_fd)
    if purpose is None:
        if not sys.stdin.isatty():
            raise UsageError("what for must be said", next_step="--purpose says it.")
        purpose = typer.prompt("Purpose of this session")
    began = service.login(of, name, proof, purpose=purpose)
    service.remember(of, began)
    said = {"name": began.name, "roles": list(began.roles), "how": began.how}
    code = service.hand_over(of) if browser else None
    if json:
        show.document({**said, "purpose": began.purpose, **({"code": code} if code else {})})
        return
    show.line(f"Logged in as {began.name} ({', '.join(began.roles) or 'no role'}).")
    if code:
        show.line(f"Code for the browser, good once within two minutes: {code}")
    show.line(
        f"The session ends after {service.IDLE_MINUTES} minutes without an act, after"
        f" {service.LONGEST_HOURS} hours, or with `zegel logout`."
    )


def _proof(
    of: Case | Investigation, name: str | None, key: Path | None, fd: int | None
) -> service.Proof:
    if key is not None:
        if name is None:
            raise UsageError("a key is somebody's", next_step="Say whose: --as NAME.")
        challenge, text = service.challenge(of, name), read_file(key)
        passphrase = _passwords(fd, "Passphrase of the key")[0] if _is_locked(text, fd) else None
        signature = service.sign_challenge(text, passphrase, challenge)
        return service.Proof(challenge=challenge, signature=signature)
    if service.shown_by(of, name) == "account":
        return service.Proof()
    return service.Proof(password=_passwords(fd, f"Password of {name}")[0])


def _is_locked(text: bytes, fd: int | None) -> bool:
    return fd is not None or service.is_locked(text)


def logout(
    investigation: OfOption = None, case: CaseOption = None, json: JsonOption = False
) -> None:
    """End the working session."""
    name = service.logout(_of(investigation, case))
    show.document({"name": name}) if json else show.line(f"Logged out: {name}.")


def whoami(
    investigation: OfOption = None, case: CaseOption = None, json: JsonOption = False
) -> None:
    """Say who acts here, with which roles, and what these may do."""
    said = service.whoami(_of(investigation, case))
    if json:
        show.document(said)
        return
    show.line(f"{said['name']} ({', '.join(said['roles']) or 'no role'}), by {said['how']}.")
    if said["purpose"]:
        show.line(f"Purpose: {said['purpose']}")
    show.line(f"May: {', '.join(said['may']) or 'nothing'}.")


@people.command("list")
def list_(
    investigation: OfOption = None, case: CaseOption = None, json: JsonOption = False
) -> None:
    """List who is enrolled."""
    result = service.list_people(_of(investigation, case))
    if json:
        show.document(result)
        return
    if result["granted_by"]:
        never = "" if result["training"] else ", who never searches here"
        show.line(f"Granted by {result['granted_by']}{never}.")
    for one in result["people"]:
        _told(one)
    if not result["people"]:
        show.line("Nobody is enrolled.")


def _told(one: dict[str, Any]) -> None:
    blocked = f"; BLOCKED: {one['blocked']}" if one["blocked"] else ""
    roles = ", ".join(one["roles"]) or "no role"
    show.line(f"{one['name']}: {roles}; shown by {one['shown_by']}{blocked}")


def _shown(one: dict[str, Any], json: bool) -> None:
    show.document(one) if json else _told(one)


@people.command()
def enrol(
    name: NameArgument,
    role: RoleOption,
    password: Annotated[
        bool, typer.Option("--password", help="Shown by a password, asked now.")
    ] = False,
    key: Annotated[
        Path | None, typer.Option(help="Shown by this Ed25519 public key: PEM, or OpenSSH's.")
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(help="The defence's OpenPGP certificate: what they ask is encrypted to it."),
    ] = None,
    password_fd: FdOption = None,
    investigation: OfOption = None,
    case: CaseOption = None,
    json: JsonOption = False,
) -> None:
    """Enrol somebody: by account of that name, or with --password or --key."""
    of = _of(investigation, case)
    given = service.Credentials(
        password=_new_password(password_fd)[0] if password or password_fd is not None else None,
        key=None if key is None else read_file(key),
        certificate=None if certificate is None else read_file(certificate),
    )
    _shown(service.enrol(of, name, role, given), json)


@people.command()
def role(
    name: NameArgument,
    role: RoleOption,
    investigation: OfOption = None,
    case: CaseOption = None,
    json: JsonOption = False,
) -> None:
    """Give somebody these roles in place of those they had."""
    _shown(service.set_roles(_of(investigation, case), name, role), json)


@people.command()
def block(
    name: NameArgument,
    why: Annotated[str, typer.Option(help="Why; it is in the log.")],
    investigation: OfOption = None,
    case: CaseOption = None,
    json: JsonOption = False,
) -> None:
    """Let a name do nothing more, at once."""
    _shown(service.block(_of(investigation, case), name, why), json)


@people.command()
def unblock(
    name: NameArgument,
    investigation: OfOption = None,
    case: CaseOption = None,
    json: JsonOption = False,
) -> None:
    """Undo a block, or the lock after too many failed tries."""
    _shown(service.unblock(_of(investigation, case), name), json)


@people.command()
def passwd(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Whose; else one's own.")
    ] = None,
    password_fd: FdOption = None,
    investigation: OfOption = None,
    case: CaseOption = None,
    json: JsonOption = False,
) -> None:
    """Change one's own password (the old one is asked), or give NAME a new one."""
    of = _of(investigation, case)
    if name is not None:
        new = _new_password(password_fd)[0]
        _shown(service.set_password(of, new, name=name), json)
        return
    asked = ["Old password"] if service.whoami(of)["how"] == "password" else []
    *old, new = _new_password(password_fd, *asked)
    _shown(service.set_password(of, new, old=old[0] if old else None), json)
