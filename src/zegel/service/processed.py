"""Whether a case's tables are there and made by this program's rules: asked before any is read."""

from __future__ import annotations

from zegel.casefile import Case
from zegel.errors import CaseError, UsageError

RULES = 5
"""Version of the rules that turn bytes into rows; tables of another one are not added to, nor read.
Every part of the scan bears it in its name."""


def scan_part(exhibit: str, number: int) -> str:
    """Return the name of a part of the scan."""
    return f"{exhibit}-{number:06d}-v{RULES}"


def require_rules(case: Case) -> None:
    """Raise where the tables were made by other rules: half of either would be neither."""
    if any(not part.endswith(f"-v{RULES}") for part in case.stage("scan").parts()):
        raise CaseError(
            "the case was processed by a version of zegel with other rules",
            where=str(case.folder / "tables"),
            next_step="Use that version, or take the copies into a new case.",
        )


def require_processed(case: Case, *, stage: str = "settled") -> None:
    """Raise where a stage of processing was never finished, or by other rules."""
    if not case.stage(stage).parts():
        raise UsageError("nothing was processed yet", next_step="`zegel process` first.")
    require_rules(case)
