"""What a server prepares shows nothing; what it says the short way is what the long way says."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pyrage
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.service.estate import granted
from zegel import service
from zegel.custody.log import Log
from zegel.investigation import Investigation
from zegel.investigation import outline as outlines
from zegel.investigation.archive import Locking
from zegel.service import Desks
from zegel.web.pages import visible

SHOWN = {"\n", "\t", "\u200c", "\u200d"}


def spelt(text: str) -> str:
    """Return the text with every control or format character written out, one by one."""
    names = {"\u202e": "RLO", "\u200f": "RLM"}
    return "".join(
        one
        if one in SHOWN or unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
        else ""
        if one == "\r"
        else f"⟦{names.get(one, f'U+{ord(one):04X}')}⟧"
        for one in text
    )


TEXT = st.text(
    st.sampled_from("ab é漢😀\n\t\r\x00\x7f\u200c\u200d\u202e\u200f\u00ad\u2028\ue000\u00a0\ufeff")
)


@given(TEXT)
def test_what_would_turn_or_hide_the_rest_is_written_out(text: str) -> None:
    assert visible(text) == spelt(text)


def test_what_is_made_ready_leaves_no_entry_and_leaves_what_is_closed_alone(
    tmp_path: Path,
) -> None:
    inv = Investigation.open(granted(tmp_path))
    log = inv.folder / "custody"
    desks, before = Desks(None, (inv.folder,)), Log.open(log, None).head().size
    desks.make_ready()
    held = [place for place, _ in outlines._OUTLINES._made]

    assert Log.open(log, None).head().size == before
    assert inv.table("messages") in held
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    service.close_investigation(inv, Locking(recipients=(recipient,)))
    size = Log.open(log, None).head().size
    desks.make_ready()
    assert Log.open(log, None).head().size == size
