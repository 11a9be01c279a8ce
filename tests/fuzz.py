"""Feeds damaged mails, keys, packets, registries and tars to every reader; nothing may raise.

`make fuzz` runs it for a minute, SECONDS_OF_FUZZ=3600 for an hour. Seeded: the seed and the input
that broke something are printed and kept, so that it can be repeated: `tests/fuzz.py 60 SEED`.
"""

from __future__ import annotations

import io
import random
import signal
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from zegel import keystores, mailstores, registries
from zegel.errors import ZegelError
from zegel.exhibits import open_copy
from zegel.openpgp.bodies import open_clear
from zegel.openpgp.keys import read_certificates
from zegel.openpgp.model import ClearMessage
from zegel.processing.clocks import clocks
from zegel.processing.headers import participants
from zegel.processing.layers import (
    find_keys_in,
    find_keys_in_fields,
    find_layers,
    find_layers_in_bytes,
)
from zegel.processing.mime import read_mail
from zegel.processing.textbody import text_of
from zegel.records import File, FoundKey, Span

CORPUS = Path(__file__).parent / "corpus"
SECONDS = 60.0
HANG = 10
"""Seconds one input may take."""


def read_mailstore(data: bytes) -> None:
    """Read `data` as every mail store that claims it, and each message in it whole."""
    file = File(path=b"mail/anna@test.example/Maildir/cur/1.M1.host:2,S", data=data)
    for form in mailstores.formats():
        if not form.detect(file):
            continue
        for span in form.spans(file):
            if isinstance(span, Span) and form.mail:
                read_message(form.message(file, span))


def read_message(raw: bytes) -> None:
    """Read one mail: headers, clocks, text, layers, keys."""
    mail = read_mail(raw)
    participants(mail.headers)
    clocks(mail.headers, stored_ns=None, stored_text="")
    text_of(mail)
    list(find_keys_in(mail))
    list(find_keys_in_fields(mail.headers))
    for layer in find_layers(mail):
        if isinstance(layer.message, ClearMessage):
            open_clear(layer.message)


def read_keys(data: bytes) -> None:
    """Read `data` as every key store that claims it."""
    file = File(path=b"keys/ring", data=data)
    for form in keystores.formats():
        if form.detect(file):
            for key in form.keys(file):
                if isinstance(key, FoundKey) and key.form == "openpgp":
                    read_certificates(key.material)


def read_registry(data: bytes) -> None:
    """Read `data` as every registry that claims it."""
    file = File(path=b"registry.db", data=data)
    for form in registries.formats():
        if form.detect(file):
            list(form.holdings(file))


def read_packets(data: bytes) -> None:
    """Read `data` as loose OpenPGP."""
    list(find_layers_in_bytes(data, ""))


def read_tar(data: bytes) -> None:
    """Take `data` in as a copy, damaged as a tar."""
    with TemporaryDirectory() as folder:
        packed = Path(folder) / "copy.tar"
        packed.write_bytes(data)
        copy = open_copy(packed, Path(folder) / "work")
        for entry in copy.entries():
            if entry.sha256 is not None:
                copy.read_checked(entry)
        copy.close()


READERS: tuple[Callable[[bytes], None], ...] = (
    *(read_mailstore, read_message, read_keys, read_registry, read_packets, read_tar),
)


def samples() -> list[bytes]:
    """Return the corpus, and a tar of it."""
    found = [path.read_bytes() for path in sorted(CORPUS.rglob("*")) if path.is_file()]
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for number, sample in enumerate(found[:20]):
            member = tarfile.TarInfo(f"file{number}")
            member.size = len(sample)
            tar.addfile(member, io.BytesIO(sample))
    return [*(sample for sample in found if sample), packed.getvalue()]


def damaged(sample: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """Return `sample` with a few octets changed, cut, doubled or spliced with another's."""
    data = bytearray(sample[: 1 << 18])
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0:
                data[at : at + 1] = chance.randbytes(1)
            case 1:
                del data[at : at + chance.randint(1, 64)]
            case 2:
                data[at:at] = data[at : at + chance.randint(1, 512)]
            case 3:
                other = chance.choice(others)
                start = chance.randrange(len(other))
                data[at:at] = other[start : start + chance.randint(1, 512)]
            case _:
                data[at : at + 4] = chance.choice([b"\xff" * 4, bytes(4), b"\r\n\r\n", b"----"])
    return bytes(data)


def inputs(seconds: float, seed: int) -> Iterator[tuple[Callable[[bytes], None], bytes]]:
    """Yield readers and damaged inputs until the time is over."""
    chance, found = random.Random(seed), samples()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield chance.choice(READERS), damaged(chance.choice(found), found, chance)


def main(seconds: float, seed: int) -> int:
    """Run and return how many inputs were read; the first that breaks something is kept."""
    count = 0
    for reader, data in inputs(seconds, seed):
        signal.alarm(HANG)
        survived = False
        try:
            reader(data)
            survived = True
        except ZegelError:
            survived = True
        finally:
            signal.alarm(0)
            if not survived:
                kept = Path(gettempdir()) / f"zegel-fuzz-{seed}-{count}"
                kept.write_bytes(data)
                print(f"{reader.__name__} broke on {kept} (seed {seed})", file=sys.stderr)
        count += 1
    return count


if __name__ == "__main__":
    given = [float(word) for word in sys.argv[1:]]
    chosen = int(given[1]) if len(given) > 1 else random.SystemRandom().randrange(2**32)
    lasting = given[0] if given else SECONDS
    print(f"{main(lasting, chosen):,} damaged inputs read without an exception (seed {chosen})")
