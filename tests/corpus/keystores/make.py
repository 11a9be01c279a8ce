"""Makes the samples of the key-store formats with GnuPG, and what each holds as GnuPG lists it.

Run `python -m tests.corpus.keystores.make` from the project's folder, with GnuPG 2.2 installed.
The keys are new each time, so the samples change with each run; `expected.json` changes with
them. They are for tests only: their passphrase is `test`, and they belong to nobody.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from tests.gnupg import Home, gnupg_home

HERE = Path(__file__).resolve().parent
README = """# Samples of `{name}`

{what}

Made by `python -m tests.corpus.keystores.make` (`make.py` beside this folder) with GnuPG in a
throw-away home. `expected.json` says what GnuPG itself lists for each sample: the fingerprints
of its keys. **Test keys only**: made for this folder, their passphrase is `test`, used for nothing
else.
"""
WHAT = {
    "armored": "Armoured keys: alone, two in one block, inside other text, and cut short.",
    "keyring": "Binary key rings: public, secret, and with GnuPG's trust packets between.",
    "keybox": "GnuPG's `pubring.kbx`.",
    "agent": "Files of `private-keys-v1.d`: as text, canonical, and armoured.",
}
TRUST = b"\xb0\x02\x00\x03"
"""A trust packet (RFC 9580 section 5.10) as GnuPG writes it into `pubring.gpg`."""


class Samples:
    """The samples of one format and what they hold."""

    def __init__(self, name: str) -> None:
        self.folder = HERE / name / "samples"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.expected: dict[str, list[str]] = {}
        (HERE / name / "README.md").write_text(
            README.format(name=name, what=WHAT[name]), encoding="utf-8"
        )

    def add(self, name: str, content: bytes, holds: list[str]) -> None:
        (self.folder / name).write_bytes(content)
        self.expected[name] = holds

    def close(self) -> None:
        text = json.dumps(self.expected, indent=1, sort_keys=True) + "\n"
        (self.folder.parent / "expected.json").write_text(text, encoding="utf-8")


def make_keys(home: Home) -> None:
    for name in ("ada", "bob"):
        home.make(f"{name} <{name}@example.org>", "ed25519", "cert,sign", passphrase="test")
        key = home.fingerprints("--list-keys", f"{name}@example.org")[0]
        home.gpg("--quick-add-key", key, "cv25519", "encr", passphrase="test")


def armored(home: Home) -> None:
    samples = Samples("armored")
    ada, bob = (home.fingerprints("--list-keys", name) for name in ("ada@", "bob@"))
    public = home.gpg("--armor", "--export", "ada@")
    secret = home.gpg("--armor", "--export-secret-keys", "bob@", passphrase="test")
    both = home.gpg("--armor", "--export")
    samples.add("public", public, ada)
    samples.add("both.txt", both, home.fingerprints())
    log = b"09:00 key received\n> " + public.replace(b"\n", b"\n> ") + b"\n09:01 and\r\n"
    samples.add("log", log + secret.replace(b"\n", b"\r\n") + b"09:02 done\n", ada + bob)
    # Cut inside the encryption subkey's signature: both keys are still whole.
    samples.add("cut.asc", public[: len(public) - 120], ada)
    samples.close()


def keyring(home: Home) -> None:
    samples = Samples("keyring")
    everyone = home.fingerprints()
    public = home.gpg("--export")
    samples.add("pubring.gpg", public, everyone)
    samples.add("odd.bin", home.gpg("--export-secret-keys", passphrase="test"), everyone)
    ada, bob = (home.gpg("--export", name) for name in ("ada@", "bob@"))
    samples.add("trust", ada + TRUST + bob + TRUST, everyone)
    samples.close()


def keybox(home: Home) -> None:
    samples = Samples("keybox")
    samples.add("pubring.kbx", (home.folder / "pubring.kbx").read_bytes(), home.fingerprints())
    samples.close()


def agent(home: Home) -> None:
    samples = Samples("agent")
    rows = home.listed("--with-keygrip", "--with-subkey-fingerprint", "--list-keys")
    pairs = [row[9] for row in rows if row[0] in ("fpr", "grp")]
    owners = dict(zip(pairs[1::2], pairs[::2], strict=True))
    files = sorted((home.folder / "private-keys-v1.d").glob("*.key"))
    for path, form in zip(files, ("text", "canonical", "armoured", "text"), strict=True):
        content = path.read_bytes()
        if form == "canonical":
            with gnupg_home() as other:
                (other.folder / "gpg-agent.conf").write_text("disable-extended-key-format\n")
                secret = home.gpg("--export-secret-keys", passphrase="test")
                other.gpg("--import", given=secret, passphrase="test")
                content = (other.folder / "private-keys-v1.d" / path.name).read_bytes()
        elif form == "armoured":
            content = home.gpg("--enarmor", given=content)
        samples.add(f"{form}-{path.stem[:8]}", content, [owners[path.stem]])
    samples.close()


def main() -> None:
    """Make every sample anew."""
    with gnupg_home() as home:
        make_keys(home)
        for write in (armored, keyring, keybox, agent):
            write(home)
        subprocess.run(["gpgconf", "--kill", "all"], env=home.environment, check=False)


if __name__ == "__main__":
    main()
