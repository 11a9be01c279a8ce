"""Finds emoji: one token for what is drawn as one picture (UTS 51 section 1.4.9).

Skin tone, man or woman, and the presentation selector are dropped, so that 👍🏽 is found by 👍 and
🤷‍♂️ by 🤷. A flag, a keycap and a family joined by U+200D are one picture each.
"""

from __future__ import annotations

import re

_BASE = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u27bf"
    "\u2934\u2935\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001faff]"
)
_TONE = "[\U0001f3fb-\U0001f3ff]"
_ONE = f"{_BASE}\ufe0f?{_TONE}?(?:[\U000e0020-\U000e007e]+\U000e007f)?"
PATTERN = (
    "[\U0001f1e6-\U0001f1ff]{2}"  # a flag: two regional indicators
    "|[0-9#*]\ufe0f?\u20e3"  # a keycap
    f"|{_ONE}(?:\u200d{_ONE})*"
)
_DROPPED = re.compile(f"\ufe0f|\u200d[\u2640\u2642]|(?<=.){_TONE}")


def fold_emoji(picture: str) -> str:
    """Return the picture without skin tone, man or woman, and presentation selector."""
    return _DROPPED.sub("", picture)
