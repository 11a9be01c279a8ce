"""`shieldnet phone enrol | send | receive`: a phone without an app, for tests and terminals."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from shieldnet import phone
from shieldnet.cli.opening import Directory, opened
from shieldnet.cli.screen import results
from shieldnet.errors import SettingsError
from shieldnet.message import Draft, Opened

Phone = Annotated[Path, typer.Argument(help="The phone's folder, made by `phone enrol`.")]
app = typer.Typer(no_args_is_help=True, help="A phone as a folder: its key and its login.")


@app.command("enrol")
def enrol(
    directory: Directory,
    folder: Annotated[Path, typer.Argument(help="New folder for the phone's key and login.")],
) -> None:
    """Make a phone: its key is made here, its one-time code is read from standard input."""
    network = opened(directory)
    one = phone.make(network, _asked("Enrolment code", hide=True), folder)
    results.print(f"{one.address} is enrolled; its key lies in {folder}", highlight=False)


def send(
    folder: Phone,
    to: Annotated[list[str], typer.Option("--to", help="Recipient's address; repeatable.")],
    attach: Annotated[list[Path] | None, typer.Option(help="A file; repeatable.")] = None,
    copy: Annotated[bool, typer.Option("--copy", help="Keep a copy in the folder Sent.")] = False,
) -> None:
    """Encrypt the text on standard input and send it; nothing of it stands on the command line.

    A first line `Subject: …`, followed by an empty line, becomes the subject, encrypted too.
    """
    one = phone.opened(folder)
    files = tuple(phone.attachment(path) for path in attach or ())
    subject, text = _message()
    draft = Draft(
        sender=one.address,
        to=tuple(address.lower() for address in to),
        subject=subject,
        text=text,
        attachments=files,
    )
    sealed = one.send(draft, keep_copy=copy)
    results.print(f"sent {sealed.message_id}", highlight=False, markup=False)


def receive(
    folder: Phone,
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove from the server what was shown.")
    ] = False,
    save: Annotated[
        Path | None, typer.Option(help="Folder to write attachments into; never overwritten.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show what arrived since the last time, opened with the phone's key."""
    one = phone.opened(folder)

    def take(message: Opened) -> None:
        show(message, as_json=as_json)
        if save is not None:
            _keep(message, save)
        sys.stdout.flush()

    count = one.receive(take, remove=remove)
    if not count and not as_json:
        results.print("nothing new")


def show(message: Opened, *, as_json: bool) -> None:
    """Print one message; control characters that could act on a terminal are shown as `?`."""
    if as_json:
        fields = {
            "from": message.sender,
            "message_id": message.message_id,
            "encrypted": message.encrypted,
            "signed_by": message.signed_by,
            "trouble": message.trouble,
            "subject": message.subject,
            "text": message.text,
            "attachments": [one.name for one in message.attachments],
        }
        print(json.dumps(fields, ensure_ascii=True))
        return
    state = "encrypted" if message.encrypted else "NOT ENCRYPTED"
    signed = f"signed by {message.signed_by}" if message.signed_by else "no valid signature"
    lines = [
        f"From {message.sender or 'a server'} ({state}, {signed})",
        *([f"Subject: {message.subject}"] if message.subject else []),
        message.trouble or message.text,
        *(f"[file] {one.name}, {len(one.content)} octets" for one in message.attachments),
        "",
    ]
    print("\n".join(_harmless(line) for line in lines))


def _harmless(text: str) -> str:
    return "".join(one if one.isprintable() or one in "\n\t" else "?" for one in text)


def _keep(message: Opened, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for one in message.attachments:
        name = _harmless(Path(one.name.replace("\\", "/")).name).lstrip(".") or "attachment"
        target, number = folder / name, 1
        while target.exists():
            number += 1
            target = folder / f"{number} {name}"
        target.write_bytes(one.content)


def _asked(what: str, *, hide: bool) -> str:
    """Return a line a person types, or the first line of standard input."""
    if sys.stdin.isatty():
        return str(typer.prompt(what, hide_input=hide, err=True)).strip()
    return sys.stdin.readline().strip()


def _message() -> tuple[str, str]:
    text = sys.stdin.read().removesuffix("\n")
    first, _, rest = text.partition("\n")
    subject = ""
    if first.startswith("Subject: ") and rest.startswith("\n"):
        subject, text = first.removeprefix("Subject: "), rest[1:]
    if not text.strip():
        raise SettingsError("There is no text. Give it on standard input: echo … | shieldnet send")
    return subject, text
