"""Use cases: code a sample blind, and say how sure that makes us of what the filter missed.

The miss rate is the share, among the readable messages that were not set apart, of those that are
privileged all the same. The sample is drawn by the magistrate's seed; controls stand among it. A
message that nobody could decide counts against the filter.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from zegel.analysis.intervals import exact_interval
from zegel.casefile import Case
from zegel.errors import UsageError, VerificationError
from zegel.investigation import Investigation
from zegel.investigation.review import CANNOT_TELL, CODE, PRIVILEGED, latest, say
from zegel.service.door import Who, enter, enter_case
from zegel.service.officers import read_sample
from zegel.service.reading import find_message
from zegel.service.setapart import MEASURED, blurred, current_marks, enrolled


def code_message(inv: Investigation, wanted: str, value: str, *, who: Who = None) -> dict[str, Any]:
    """Say of one message of a sample whether it is privileged; the log says only that it was."""
    with enter(inv, "privilege coded", who) as visit:
        _require_sample(inv)
        message = find_message(inv, wanted)["message"]
        visit.write({"message": message.hex()})
        say(inv.folder, [message], CODE, value, visit.person.name)
    return {
        "training": inv.training,
        "coded": len(latest(inv.folder, CODE)),
        "of": inv.messages,
    }


def _require_sample(inv: Investigation) -> None:
    if not inv.header.get("privilege", {}).get("sample"):
        raise UsageError(
            "this investigation is no sample of the privilege officer's",
            where=str(inv.folder),
            next_step="A sample's order says `sample = 400` and `seed`.",
        )


def measure_miss_rate(case: Case, inv: Investigation, *, who: Who = None) -> dict[str, Any]:
    """Return the miss rate that a coded sample shows, and put it in the case's log.

    From then on every grant, and so every dossier, says it. Raise while messages are uncoded.
    """
    with enter_case(case, MEASURED, who) as visit:
        _require_sample(inv)
        drawn = read_sample(case, inv.header)
        marks = current_marks(case)
        if marks is None or marks.name != drawn["marks"]:
            raise VerificationError(
                "the case was marked again since the sample was drawn",
                where=str(inv.folder),
                next_step="Draw a new sample: what this one measured is the filter of then.",
            )
        codes = {m.hex(): one.value for m, one in latest(inv.folder, CODE).items()}
        left = [one for one in (*drawn["drawn"], *drawn["controls"]) if one not in codes]
        if left:
            raise UsageError(
                f"{len(left):,} messages of the sample are not coded yet", where=str(inv.folder)
            )
        counts = Counter(codes[one] for one in drawn["drawn"])
        controls = Counter(codes[one] for one in drawn["controls"])
        facts = {
            "register": enrolled(case),
            **_rate(counts),
            "frame": blurred(drawn["frame"]),
            "frame_sha256": drawn["frame_sha256"],
            "sample": inv.root.hex(),
            "seed": drawn["seed"],
            "controls_found": controls[PRIVILEGED],
            "controls": sum(controls.values()),
        }
        visit.write(facts)
    return facts


def _rate(counts: Counter[str]) -> dict[str, Any]:
    of, missed, open_ = sum(counts.values()), counts[PRIVILEGED], counts[CANNOT_TELL]
    low = exact_interval(missed, of)
    high = exact_interval(missed + open_, of)
    return {
        "missed": missed,
        "of": of,
        "cannot_tell": open_,
        # Text: a log and a seal hold no fractions.
        "low": f"{low.low:.6f}",
        "high": f"{high.high:.6f}",
        "confidence": f"{low.confidence:.2f}",
    }
