"""The promise, and the flaw it answers: real mail through real servers, copied, taken apart.

In the test mode everything must come out equal to what was handed in; with custody on the phones
nothing may be readable. And history that the generator writes to disk must look like this.
"""

from __future__ import annotations

import re
import tarfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shieldnet.audit import facts, report
from shieldnet.seize import seize
from shieldnet.traffic import generate, live
from shieldnet.traffic.settings import Settings
from tests.journeys.cases import balance, done, processed
from tests.live import Live, arrived, draft, wanting
from tests.truth.compare import compare, read_case

SETTINGS = Settings(devices=8, messages=60, seed=433, months=3, storylines=0, damaged=0)
"""All forms of mail, one of each kind of key and key store, both sites, no backups."""
SITES = ("ams", "yyz")
IP = re.compile(r"\b\d+\.\d+\.\d+\.\d+\b")
QUEUE = re.compile(r"\b[0-9A-F]{8,12}\b")
CLOCK = re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d ")


@dataclass(frozen=True)
class Pair:
    generated: Path
    live: Path
    made: Path
    case: Path
    ledger: Any


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """One plan twice: written to disk, and sent through live sites; the latter taken apart."""
    if wanting():
        pytest.skip(wanting())
    folder = tmp_path_factory.mktemp("pair")
    generate.generate(SETTINGS, folder / "generated", workers=1)
    live.write(SETTINGS, folder / "live")
    given = ("--passphrases", folder / "live/truth/passphrases.txt")
    unpacked = folder / "unpacked"
    seized = [folder / f"live/copy/{name}.tar" for name in SITES]
    ledger = processed(folder, *seized, options=given)
    for one in seized:
        with tarfile.open(one) as tar:
            tar.extractall(unpacked, [x for x in tar if not x.issym()], filter="data")
    return Pair(folder / "generated/copy", unpacked, folder / "live", folder / "case", ledger)


group = pytest.mark.xdist_group("live-plan")


@group
@pytest.mark.slow
def test_with_keys_at_the_server_every_message_comes_out_as_it_was_sent(pair: Pair) -> None:
    account = compare(pair.made / "truth", pair.case)

    assert (account.different, account.shut, account.missing) == ([], [], [])
    assert account.equal >= 150
    assert account.messages == SETTINGS.messages
    assert not account.unknown
    assert all(due == found for due, found in account.states), account.states
    assert balance(pair.ledger)


@group
@pytest.mark.slow
def test_the_audit_calls_the_promise_broken_where_the_servers_keep_the_keys(pair: Pair) -> None:
    found = report(fact for name in SITES for fact in facts(pair.made / f"copy/{name}.tar"))

    assert found.broken > 0


@group
@pytest.mark.slow
def test_every_message_of_the_test_mode_bears_its_mark(pair: Pair) -> None:
    delivered = [mail for _, mail in mails(pair.live, "INBOX")]

    assert len(delivered) > 100
    assert all(mail.count(b"\nShieldnet-Custody: server\n") == 1 for mail in delivered)


def mails(copy: Path, box: str) -> Iterator[tuple[str, bytes]]:
    """Yield account and bytes of every message file of a copy."""
    inner = "." if box == "INBOX" else f".{box}"
    for path in sorted(copy.glob(f"*/mail/*/Maildir/{inner}/[cn][ue][rw]/*")):
        yield path.relative_to(copy).parts[2], path.read_bytes()


def headers(mail: bytes) -> tuple[str, str]:
    """Return what servers wrote and what the phone wrote before the body, without accidents."""
    head = mail.partition(b"\n\n")[0].decode("utf-8", "replace")
    servers, start, phone = head.partition("\nFrom: ")
    servers = re.sub(r"(with LMTP\n\tid )\S{22}(:T\d)?", r"\1SESSION", servers)
    servers = CLOCK.sub("CLOCK ", QUEUE.sub("QUEUE", IP.sub("IP", servers)))
    return servers, start + re.sub(r"boundary=\S+", "boundary=B", phone)


@group
@pytest.mark.slow
@pytest.mark.parametrize("box", ["INBOX", "Sent"])
def test_generated_mail_has_the_headers_of_live_mail(pair: Pair, box: str) -> None:
    written = Counter((account, headers(mail)) for account, mail in mails(pair.generated, box))
    delivered = Counter((account, headers(mail)) for account, mail in mails(pair.live, box))

    assert written.total() > 30
    assert (delivered - written, written - delivered) == (Counter(), Counter())


LINES = (
    (re.compile(r"^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d "), "CLOCK "),
    (re.compile(r"\[\d+\]: "), "[PID]: "),
    (re.compile(r"(\([^)]*@[^)]*\))<\d+><[^>]+>"), r"\1<PID><SESSION>"),
    (re.compile(r"(250 2\.0\.0 <[^>]*>) \S{22}(:T\d)? Saved"), r"\1 SESSION Saved"),
    (re.compile(r"conn_use=\d+, "), ""),  # a connection used again: a matter of milliseconds
    (re.compile(r"\b(size|uid)=\d+"), r"\1=N"),
    (QUEUE, "QUEUE"),
    (IP, "IP"),
    (re.compile(r"delay=[\d.e+]+, delays=[\d.e+]+(/[\d.e+]+){3}"), "DELAY"),
)


def lines(log: Path) -> Counter[str]:
    """Return the lines about messages without what differs from run to run."""
    found: Counter[str] = Counter()
    for line in log.read_text("utf-8").splitlines():
        for form, instead in LINES:
            line = form.sub(instead, line)
        if "QUEUE" in line or "msgid=" in line:
            found[line] += 1
    return found


@group
@pytest.mark.slow
@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("log", ["postfix", "dovecot"])
def test_generated_logs_say_what_live_logs_say(pair: Pair, site: str, log: str) -> None:
    written, kept = (lines(copy / site / f"log/{log}.log") for copy in (pair.generated, pair.live))

    assert written.total() > 50
    assert (kept - written, written - kept) == (Counter(), Counter())


@group
@pytest.mark.slow
def test_generated_files_lie_where_live_files_lie(pair: Pair) -> None:
    name = re.compile(r"\d{10}\.M(?:0|[1-9]\d{0,5})P\d+\.(mx\.[\w.]+),S=(\d+),W=(\d+)(:2,[A-Z]*)?")

    def places(copy: Path) -> Counter[str]:
        found: Counter[str] = Counter()
        for path in copy.glob("*/mail/*/Maildir/**/*,S=*"):
            parts = name.fullmatch(path.name)
            assert parts is not None, path.name
            octets = path.read_bytes()
            size = len(octets)
            assert (int(parts[2]), int(parts[3])) == (size, size + octets.count(b"\n"))
            where = path.relative_to(copy).parent.parent
            found[f"{where} {parts[1]}"] += 1
        return found

    def folders(copy: Path) -> set[str]:
        return {
            str(path.relative_to(copy))
            for path in copy.rglob("*")
            if path.is_dir() and "postfix" not in path.parts and "dovecot" not in path.parts
        }

    assert places(pair.live) == places(pair.generated)
    assert folders(pair.generated) <= folders(pair.live) | {"ams/backups", "yyz/backups"}


@pytest.mark.slow
@pytest.mark.xdist_group("live")
def test_with_keys_on_the_phones_a_copy_of_the_servers_reads_nothing(
    live: Live, tmp_path: Path
) -> None:
    ams, yyz = live.phone("ams"), live.phone("yyz")
    words = [f"nobody else reads number {number}" for number in range(8)]
    for word in words[:4]:
        ams.send(draft(ams, yyz, text=word, subject=word), keep_copy=True)
    for word in words[4:]:
        yyz.send(draft(yyz, ams, text=word, subject=word))
    arrived(yyz, *words[:4])
    arrived(ams, *words[4:])
    copies = [one.tar for one in seize(live.network, tmp_path / "copy", [], leave_running=True)]
    ledger = processed(tmp_path, *copies)
    audited = report(fact for copy in copies for fact in facts(copy))
    own = [row for row in read_case(tmp_path / "case") if ams.address in row[1]]
    keys = done("keys", "--case", tmp_path / "case", "--json").json

    assert ledger["states"].get("readable", 0) == ledger["states"].get("partly readable", 0) == 0
    assert {row[3] for row in own} == {"no key"}
    assert len(own) == 8
    assert {key["secret"] for key in keys} == {"no"}
    assert balance(ledger)
    assert audited.broken == 0
    for octets in (copy.read_bytes() for copy in copies):
        assert ams.address.encode() in octets
        assert b"nobody else reads" not in octets
        assert b"PRIVATE KEY BLOCK" not in octets
