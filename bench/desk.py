"""Measure the web application as people use it: 20 at once in an investigation of 200,000.

`python -m bench.desk`; MESSAGES, ACCOUNTS, PEOPLE, SECONDS and PAUSE change it, and a folder named
by KEPT keeps the case for another run. `zegel serve` runs as its own processes; each person logs in
and, until SECONDS are over, asks for a page, reads all of it, and rests for PAUSE seconds on
average (drawn from one seed). What is asked: a search by form and the page it leads to, its second
page, a message, its conversation; words are chosen as `bench.search` chooses them, half of them in
one account. Wall time from asking to the last byte, redirects counted in.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from email.utils import format_datetime
from pathlib import Path

import httpx2

from bench.grants import zegel
from bench.process import machine
from bench.texts import texts, vocabulary

MESSAGES = int(os.environ.get("MESSAGES", "200000"))
ACCOUNTS = int(os.environ.get("ACCOUNTS", "2000"))
PEOPLE = int(os.environ.get("PEOPLE", "20"))
SECONDS = float(os.environ.get("SECONDS", "60"))
PAUSE = float(os.environ.get("PAUSE", "3"))
TARGETS = {"results": 100.0, "next page": 100.0, "conversation": 100.0, "network": 1000.0}
"""Milliseconds: the 95th percentile wanted."""
ALONE = 0.2
"""Seconds of rest of one who is alone: hardly any, within the rate of one address."""
NETWORKS = 0.1
"""How often somebody looks at the network after reading."""
REFILLED = 15
"""Seconds until one address, which all here share, has its burst of requests again."""
_ORIGIN = "http://127.0.0.1"
_START = dt.datetime(2015, 10, 1, tzinfo=dt.UTC)
_VOCABULARY = vocabulary()


def word(chance: random.Random) -> str:
    """Return a word as common as people ask for: from every third message to one in a thousand."""
    return _VOCABULARY[int(5 * (2000 / 5) ** chance.random())]


def account(number: int) -> str:
    return f"d{number:05}@bench.example"


def write_copy(folder: Path) -> None:
    """Write plain mails of accounts that mostly write to a few others, one mbox an account."""
    chance = random.Random("desk")
    friends = {n: chance.sample(range(ACCOUNTS), 12) for n in range(ACCOUNTS)}
    boxes: dict[int, list[bytes]] = defaultdict(list)
    for number, text in enumerate(texts(MESSAGES)):
        sender = (
            min(int(chance.paretovariate(1.1)) - 1, ACCOUNTS - 1)
            if number % 2
            else (chance.randrange(ACCOUNTS))
        )
        to = next(n for n in chance.sample(friends[sender], 12) if n != sender)
        boxes[to].append(_mail(chance, number, account(sender), account(to), text))
    folder.mkdir(parents=True)
    for owner, mails in boxes.items():
        place = folder / "mail" / account(owner)
        place.mkdir(parents=True)
        (place / "mbox").write_bytes(b"".join(mails))


def _mail(chance: random.Random, number: int, sender: str, to: str, text: str) -> bytes:
    when = _START + dt.timedelta(seconds=number * 60)
    date = format_datetime(when)
    answered = number - chance.randrange(1, 2000)
    return (
        f"From {sender} {when:%a %b %d %H:%M:%S %Y}\n"
        f"Delivered-To: {to}\n"
        f"Received: from phone (unknown [192.0.2.1]) by mx.bench.example (Postfix) with ESMTPSA\n"
        f"\tid {number:010X} for <{to}>; {date}\n"
        f"From: <{sender}>\nTo: <{to}>\nDate: {date}\n"
        f"Message-ID: <{number}@bench.example>\nIn-Reply-To: <{answered}@bench.example>\n"
        f"Subject: {word(chance)} {word(chance)}\nMIME-Version: 1.0\n"
        f"Content-Type: text/plain; charset=utf-8\n\n{text}\n\n"
    ).encode()


def order() -> str:
    accounts = ", ".join(f'"{account(n)}"' for n in range(ACCOUNTS))
    return (
        'number = "B-1"\nmagistrate = "Judge"\ninvestigation = "Bench"\noffences = ["theft"]\n'
        'issued = 2016-05-01T00:00:00Z\nexpires = 2099-01-01T00:00:00Z\npurpose = "measuring"\n'
        f'[[clause]]\nname = "all"\naccounts = [{accounts}]\n'
        "from = 2015-01-01T00:00:00Z\nuntil = 2017-01-01T00:00:00Z\n"
    )


def make_case(folder: Path) -> Path:
    """Make the case and its investigation, unless that was done before; return the latter."""
    case = folder / "case"
    if not (folder / "made").exists():
        write_copy(folder / "copy")
        (folder / "order.toml").write_text(order())
        zegel("init", case, "--training")
        zegel("intake", folder / "copy", "--case", case)
        zegel("process", "--case", case)
        zegel("index", "--case", case)
        zegel("grant", folder / "order.toml", "--case", case)
        (folder / "made").touch()
    (inv,) = (case / "investigations").iterdir()
    return inv


class Server:
    """`zegel serve` as its own processes."""

    def __init__(self, case: Path) -> None:
        words = ("serve", "--case", str(case), "--port", "0")
        self._process = subprocess.Popen(
            (sys.executable, "-c", "from zegel.cli import main; main()", *words),
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stderr is not None
        for line in self._process.stderr:
            found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
            if found:
                self.origin = f"{_ORIGIN}:{found.group(1)}"
                return
        sys.exit("the server did not start")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=30)


class Visitor:
    """Somebody at a browser."""

    def __init__(self, origin: str, number: int, took: dict[str, list[float]]) -> None:
        self._took, self._chance = took, random.Random(f"visitor {number}")
        self._client = httpx2.Client(
            base_url=origin, headers={"origin": origin}, follow_redirects=True, timeout=60
        )
        page = self._client.get("/login").text
        desks = re.findall(r'<option value="([0-9a-f]{16})"[^>]*>([^<(]+)<', page)
        self.desk = next(key for key, name in desks if name.startswith("Bench"))
        fields = {"desk": self.desk, "name": f"visitor {number}", "purpose": "measuring"}
        landed = self._client.post("/login", data=fields)
        landed.raise_for_status()
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', landed.text)
        assert found, "no token on the first page"
        self._csrf = found.group(1)

    def timed(self, what: str, path: str, fields: dict[str, str] | None = None) -> str:
        """Ask for a page, read it whole, and keep how long that took in milliseconds."""
        began = time.perf_counter()
        if fields is None:
            answer = self._client.get(path)
        else:
            answer = self._client.post(path, data={**fields, "csrf": self._csrf})
        self._took[what].append((time.perf_counter() - began) * 1e3)
        answer.raise_for_status()
        return answer.text

    def work(self, until: float, pause: float) -> None:
        """Search, turn the page, read, look around; rest between."""
        time.sleep(self._rest(pause))  # nobody begins in the same instant as everybody else
        while time.monotonic() < until:
            for _ in self._round():
                time.sleep(self._rest(pause))
                if time.monotonic() > until:
                    return

    def _rest(self, pause: float) -> float:
        return self._chance.expovariate(1 / pause) if pause else 0

    def _round(self) -> Iterator[None]:
        inside = f"/i/{self.desk}"
        query = word(self._chance)
        if self._chance.random() < 0.5:
            query += f" account:{account(self._chance.randrange(20))}"
        page = self.timed("results", f"{inside}/search", {"q": query})
        yield
        state = re.search(rf"{inside}/s/([0-9a-z]+)\?[^\"]*page=2", page)
        if state:
            page = self.timed("next page", f"{inside}/s/{state.group(1)}?page=2")
            yield
        message = re.search(rf"{inside}/m/(\d+)", page)
        if message:
            self.timed("message", f"{inside}/m/{message.group(1)}")
            yield
            self.timed("conversation", f"{inside}/m/{message.group(1)}/conversation")
            yield
        if self._chance.random() < NETWORKS:
            self.timed("network", f"{inside}/pictures/network")
            yield


def main() -> None:
    """Print medians and 95th percentiles; fail where a target is missed."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(os.environ.get("KEPT") or scratch)
        inv = make_case(folder)
        server = Server(folder / "case")
        try:
            alone = _one(server.origin)
            time.sleep(REFILLED)
            together = _many(server.origin)
        finally:
            server.stop()
    print(f"{machine()}\n{inv.name}: {MESSAGES:,} messages, {ACCOUNTS:,} accounts")
    over = _table(f"one person, a page each {ALONE:g} s on average", alone, {})
    over += _table(f"{PEOPLE} people, a page each {PAUSE:g} s on average", together, TARGETS)
    if over:
        sys.exit(f"over target: {', '.join(over)}")


def _one(origin: str) -> dict[str, list[float]]:
    took: dict[str, list[float]] = defaultdict(list)
    Visitor(origin, 0, took).work(time.monotonic() + SECONDS / 4, ALONE)
    return took


def _many(origin: str) -> dict[str, list[float]]:
    took: dict[str, list[float]] = defaultdict(list)
    visitors = [Visitor(origin, number + 1, took) for number in range(PEOPLE)]
    until = time.monotonic() + SECONDS
    threads = [threading.Thread(target=one.work, args=(until, PAUSE)) for one in visitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took


def _table(title: str, took: dict[str, list[float]], targets: dict[str, float]) -> list[str]:
    print(f"\n{title}\n| page | asked | median ms | 95th percentile ms | wanted |")
    print("|---|---|---|---|---|")
    over = []
    for what, times in sorted(took.items()):
        p95 = statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
        wanted, median = targets.get(what), statistics.median(times)
        print(f"| {what} | {len(times)} | {median:.0f} | {p95:.0f} | {wanted or ''} |")
        if wanted is not None and p95 > wanted:
            over.append(what)
    return over


if __name__ == "__main__":
    main()
