"""Use cases: a court's random sample of accounts, coded by two people apart from each other.

A court that wants to know what share of a network's users did what can have a sample drawn, order
that just these accounts be read, and have two people code each. Neither learns the other's codes
before both are done; then agreement and interval are reported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from zegel.analysis.agreement import agreement
from zegel.analysis.drawing import draw, frame_digest
from zegel.analysis.intervals import exact_interval
from zegel.canonical import JSON
from zegel.casefile import Case
from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.investigation.coding import (
    LONGEST_REASON,
    MOST_ACCOUNTS,
    MOST_CODES,
    Coded,
    Sample,
    add_sample,
    checked_name,
    code,
    coded,
    find_sample,
    read_sample,
)
from zegel.processing.sql import connect, parquet
from zegel.service.door import Who, enter, enter_case
from zegel.service.processed import require_processed
from zegel.tables import read_rows

FRAMES = ("accounts with mail", "registered accounts")
CANNOT_TELL = "cannot tell"
"""A code that every sample has: nobody is forced to a guess."""
CODERS = 2


def draw_sample(
    case: Case,
    name: str,
    *,
    size: int,
    seed: str,
    codes: Sequence[str],
    frame: str = FRAMES[0],
    who: Who = None,
) -> bytes:
    """Draw accounts of the case at random and return the sample's file; no content is touched.

    The draw can be repeated by anybody who has the list of accounts: its digest stands in the
    file. The seed is the court's to name.
    """
    checked_name(name)
    _check_wanted(size, seed, codes, frame)
    asked: dict[str, JSON] = {"sample": name, "size": size, "seed": seed, "frame": frame}
    with enter_case(case, "sample drawn", who, asked) as visit:
        accounts = _accounts(case, frame)
        sample = Sample(
            name=name,
            seed=seed,
            frame={"of": frame, "names": len(accounts), "sha256": frame_digest(accounts)},
            codes=_with_doubt(codes),
            accounts=tuple(draw(accounts, size, seed)),
            training=case.training,
        )
        visit.write({"accounts": len(accounts), "sha256": str(sample.frame["sha256"])})
    return sample.document()


def _check_wanted(size: int, seed: str, codes: Sequence[str], frame: str) -> None:
    if not 0 < size <= MOST_ACCOUNTS:
        raise UsageError(f"a sample holds 1 to {MOST_ACCOUNTS} accounts")
    if not seed.strip():
        raise UsageError("a draw needs a seed", next_step="The court names it: --seed.")
    if frame not in FRAMES:
        raise UsageError(f"there is no list of {frame!r}", next_step=" or ".join(FRAMES) + ".")
    if not 2 <= len(_with_doubt(codes)) <= MOST_CODES:
        raise UsageError(f"a sample has 1 to {MOST_CODES - 1} codes besides {CANNOT_TELL!r}")


def _with_doubt(codes: Sequence[str]) -> tuple[str, ...]:
    named = dict.fromkeys(text for word in codes if (text := " ".join(word.lower().split())))
    named.pop(CANNOT_TELL, None)
    return (*named, CANNOT_TELL)


def _accounts(case: Case, frame: str) -> set[str]:
    """Return all accounts of one frame: they are metadata of the case."""
    require_processed(case, stage="scan")
    scanned = case.stage("scan")
    table = "stored" if frame == FRAMES[0] else "holdings"
    narrowed = " AND is_message" if table == "stored" else ""
    with connect(case.folder / "spill") as connection:
        rows = connection.execute(
            f"SELECT DISTINCT lower(account) FROM {parquet(scanned.files(table))} "
            f"WHERE account <> ''{narrowed}"
        ).fetchall()
    return {name for (name,) in rows}


def begin_sample(inv: Investigation, document: bytes, *, who: Who = None) -> dict[str, Any]:
    """Put a sample into an investigation that an order has opened for it."""
    with enter(inv, "sample begun", who) as visit:
        sample = read_sample(document)
        if sample.training != inv.training:
            raise UsageError("a sample of a training case is coded in training, any other is not")
        add_sample(inv.folder, sample)
        visit.write({"sample": sample.name}, shown=sample.accounts)
        return {**_described(inv, sample), "messages": _messages(inv, sample)}


def code_account(
    inv: Investigation, name: str, account: str, as_: str, reason: str = "", *, who: Who = None
) -> dict[str, Any]:
    """Code one account of a sample; the log says that it was coded, not as what."""
    with enter(inv, "account coded", who, {"sample": name}) as visit:
        sample = find_sample(inv.folder, name)
        coder = visit.person.name
        account, as_ = account.lower(), " ".join(as_.lower().split())
        _check_code(inv, sample, coder, account, as_, reason)
        everybody = coded(inv.folder, sample)
        if _done(sample, everybody):
            raise UsageError(
                "both have coded every account, and the codes are open: none is changed any more"
            )
        mine = code(inv.folder, sample, coder, account, as_, reason)
        left = _left(sample, mine)
        visit.write({"account": account, "committed": mine.digest}, shown=left)
        return {**_described(inv, sample), "left": left}


def _check_code(
    inv: Investigation, sample: Sample, coder: str, account: str, as_: str, reason: str
) -> None:
    if account not in sample.accounts:
        raise UsageError(f"{account!r} is not in the sample {sample.name!r}")
    if as_ not in sample.codes:
        raise UsageError(
            f"{as_!r} is no code of this sample", next_step=", ".join(sample.codes) + "."
        )
    if len(reason) > LONGEST_REASON:
        raise UsageError(f"a reason has at most {LONGEST_REASON} characters")
    others = coded(inv.folder, sample).keys() - {coder}
    if len(others) >= CODERS:
        raise UsageError("two people code this sample already: a third would be no second opinion")


def sample_progress(inv: Investigation, name: str, *, who: Who = None) -> dict[str, Any]:
    """Return what the asking person coded and has left, and of others only how many they coded."""
    with enter(inv, "sample read", who, {"sample": name}) as visit:
        sample = find_sample(inv.folder, name)
        everybody = coded(inv.folder, sample)
        mine = everybody.get(visit.person.name)
        visit.write(shown=sample.accounts)
    return {
        **_described(inv, sample),
        "mine": dict(mine.codes) if mine else {},
        "left": _left(sample, mine),
        "coded": {person.coder: len(person.codes) for person in everybody.values()},
        "messages": _messages(inv, sample),
    }


def sample_report(inv: Investigation, name: str, *, who: Who = None) -> dict[str, Any]:
    """Return agreement and intervals, once two people have coded every account.

    Raises UsageError before that: a code shown early would not be blind.
    """
    with enter(inv, "sample reported", who, {"sample": name}) as visit:
        sample = find_sample(inv.folder, name)
        everybody = coded(inv.folder, sample)
        if not _done(sample, everybody):
            done = {person.coder: len(person.codes) for person in everybody.values()}
            said = ", ".join(f"{coder}: {count}" for coder, count in sorted(done.items())) or "none"
            raise UsageError(
                f"two people have to code all {len(sample.accounts)} accounts first ({said})",
                next_step="`zegel sample next` shows what is left.",
            )
        first, second = (everybody[coder] for coder in sorted(everybody))
        both = [first.digest, second.digest]
        visit.write({"committed": both}, shown=both)
    return {**_described(inv, sample), **_compared(sample, first, second)}


def _compared(sample: Sample, first: Coded, second: Coded) -> dict[str, Any]:
    pairs = [(first.codes[account], second.codes[account]) for account in sample.accounts]
    both = agreement(pairs)
    agreed = [one for one, other in pairs if one == other]
    return {
        "agreement": {
            **exact_interval(both.agreed, both.of).as_json(),
            "kappa": None if both.kappa is None else round(both.kappa, 6),
        },
        "shares": {
            code: {
                first.coder: _share(code, [one for one, _ in pairs]),
                second.coder: _share(code, [other for _, other in pairs]),
                "both": _share(code, agreed, len(pairs)),
            }
            for code in sample.codes
        },
        "differ": [
            {
                "account": account,
                **{
                    person.coder: {
                        "code": person.codes[account],
                        "reason": person.reasons[account],
                    }
                    for person in (first, second)
                },
            }
            for account in sample.accounts
            if first.codes[account] != second.codes[account]
        ],
    }


def _share(code: str, codes: Sequence[str], of: int | None = None) -> dict[str, Any]:
    return exact_interval(codes.count(code), len(codes) if of is None else of).as_json()


def _done(sample: Sample, everybody: Mapping[str, Coded]) -> bool:
    whole = [person for person in everybody.values() if not _left(sample, person)]
    return len(whole) >= CODERS


def _left(sample: Sample, mine: Coded | None) -> list[str]:
    codes = mine.codes if mine else {}
    return [account for account in sample.accounts if account not in codes]


def _messages(inv: Investigation, sample: Sample) -> dict[str, int]:
    """Count the messages of each account that the investigation holds: 0 is worth saying."""
    counts: Counter[str] = Counter()
    for row in read_rows([inv.table("messages")], ["accounts"]):
        counts.update({account.lower() for account in row["accounts"] or ()})
    return {account: counts[account] for account in sample.accounts}


def _described(inv: Investigation, sample: Sample) -> dict[str, Any]:
    return {
        "training": inv.training,
        "sample": sample.name,
        "seed": sample.seed,
        "frame": dict(sample.frame),
        "codes": list(sample.codes),
        "accounts": len(sample.accounts),
    }
