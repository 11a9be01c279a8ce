"""An investigation to export from, made the way a person does, and what tests ask of a dossier."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tests.journeys.cases import done, maildir, network
from zegel.dossier import verify as verifier

VERIFIER = Path(__file__).parents[3] / "src" / "zegel" / "dossier" / "verify.py"
VERIFIED, CONSISTENT, FALSE = 0, 9, 6
"""What the verifier answers."""
SECRET = "Het schip ligt klaar achter de oude vuurtoren."
SUBJECT = "Plannen voor donderdagavond"
ATTACHED = bytes(range(7, 250)) * 2
ORDER = """\
number = "D-1"
magistrate = "Judge"
investigation = "Quay"
offences = ["theft"]
issued = 2016-05-01T00:00:00Z
expires = 2099-01-01T00:00:00Z
purpose = "test"
[[clause]]
name = "all"
accounts = {accounts}
from = 2015-01-01T00:00:00Z
until = 2017-01-01T00:00:00Z
"""


def letter(number: int, text: str, subject: str, attached: bytes | None = None) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"] = "anna@test.example", "bram@test.example"
    mail["Date"], mail["Subject"] = f"Tue, 19 Apr 2016 0{number}:00:00 +0200", subject
    mail["Message-ID"] = f"<letter{number}@test.example>"
    mail.set_content(text)
    if attached is not None:
        mail.add_attachment(
            attached, maintype="application", subtype="octet-stream", filename="kaart.bin"
        )
    return mail.as_bytes()


LETTERS = [
    letter(1, f"{SECRET}\nNeem de kaart mee.\n", SUBJECT, ATTACHED),
    letter(2, f"Goed.\n\n> {SECRET}\n", "Re: iets anders"),
    letter(3, "Hier nog eens de bijlage.\n", "bijlage", ATTACHED),
    letter(4, "Oma wordt dinsdag tachtig.\n", "taart"),
]


@dataclass(frozen=True, kw_only=True)
class Export:
    """An investigation, the copies it comes from, and where to write."""

    folder: Path

    @property
    def inv(self) -> Path:
        return self.folder / "inv"

    @property
    def root(self) -> str:
        return str(json.loads((self.inv / "investigation.json").read_bytes())["root"])

    @property
    def letters(self) -> dict[int, int]:
        """The investigation's number of each letter above."""
        found = done("search", "-i", self.inv, "", "--size", "1000", "--json").json["hits"]
        subjects = {hit["subject"]: hit["number"] for hit in found}
        wanted = (SUBJECT, "Re: iets anders", "bijlage", "taart")
        return {at: subjects[subject] for at, subject in enumerate(wanted, 1)}

    def make(self, out: Path, *words: str | Path) -> Any:
        return done("dossier", "make", "-i", self.inv, "-o", out, "--json", *words).json

    def list(self, place: Path, *numbers: int) -> Path:
        place.write_text("".join(f"{number}\n" for number in numbers), "utf-8")
        return place


def build(folder: Path) -> Export:
    """Make a case of a small network and some letters, and grant all of it."""
    ams, yyz = network(folder / "net")
    case = folder / "case"
    done("init", case, "--training")
    for copy in (ams, yyz, maildir(folder / "letters", LETTERS)):
        done("intake", copy, "--case", case)
    secrets = folder / "net" / "truth" / "passphrases.txt"
    done("process", "--case", case, "--index", "--workers", "1", "--passphrases", secrets)
    lines = (folder / "net" / "truth" / "devices.jsonl").read_text("utf-8").splitlines()
    held = [json.loads(line) for line in lines]
    accounts = [one["address"] for one in held if len(one["holders"]) == 1]
    text = ORDER.format(accounts=json.dumps([*accounts, "anna@test.example"]))
    (folder / "order.toml").write_text(text, "utf-8")
    done("grant", folder / "order.toml", "--case", case, "-o", folder / "inv")
    return Export(folder=folder)


def verify(file: Path, root: str | None = None) -> tuple[int, str]:
    """Run verify.py as a stranger does: Python alone, nothing of ours to import."""
    words = ["--root", root] if root else []
    ran = subprocess.run(
        [sys.executable, "-I", "-S", str(VERIFIER), str(file), *words],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stderr == ""
    return ran.returncode, ran.stdout


def answer(content: bytes, place: Path, root: str | None) -> tuple[int, str]:
    """Write a dossier to `place` and verify it in this process: its answer and what is wrong."""
    place.write_bytes(content)
    code, wrong, dossier = verifier.verify(str(place), root, None)
    assert (code == FALSE) == (dossier is None) == bool(wrong)
    return code, wrong


def contents(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def certificates(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in contents(file)["certificates.jsonl"].splitlines()]


def spellings(secret: bytes) -> list[bytes]:
    """Return the ways in which bytes may lie in a file."""
    text = secret.decode("utf-8", "replace")
    found = [secret, secret.hex().encode(), json.dumps(text)[1:-1].encode()]
    found += [text.encode("utf-16-le"), text.encode("utf-16-be")]
    for shift in range(3):  # base64 at each alignment, without the ends that depend on neighbours
        coded = base64.b64encode(bytes(shift) + secret)
        found.append(coded[4 : len(coded) - 4])
    return [one for one in found if len(one) >= 8]


def copied(export: Export, place: Path) -> Export:
    """Return the investigation as somebody else receives it."""
    shutil.copytree(export.inv, place / "inv")
    return Export(folder=place)
