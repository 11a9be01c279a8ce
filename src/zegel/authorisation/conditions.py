"""Holds an order against the conditions under which each exhibit was acquired.

No grant may exceed them. Names are compared as written, capitals and blanks at the ends aside:
whether two offences are the same is for people to decide, before the order is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zegel.authorisation.order import Order
from zegel.errors import ConditionError


def check_conditions(order: Order, exhibits: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise unless every exhibit's conditions allow the order; name the one that does not.

    `exhibits` are the conditions by exhibit, of those the order is about.
    """
    unknown = sorted(order.exhibits - exhibits.keys())
    if unknown:
        raise ConditionError(f"the order names exhibit {unknown[0]}, which is not in this case")
    for name, conditions in exhibits.items():
        if order.exhibits and name not in order.exhibits:
            continue
        _investigation(order, name, conditions)
        _onward(order, name, conditions)


def _investigation(order: Order, exhibit: str, conditions: Mapping[str, Any]) -> None:
    """The acquisition names investigations, offences, or both: one of them must cover the order."""
    investigations = conditions.get("investigations") or ()
    offences = conditions.get("offences") or ()
    if not investigations and not offences:
        return
    if _fold(order.investigation) in map(_fold, investigations):
        return
    outside = [name for name in order.offences if _fold(name) not in map(_fold, offences)]
    if offences and not outside:
        return
    if offences and outside:
        asked = f"the offence {outside[0]!r}"
        allowed = f"offences: {_listed(offences)}"
    else:
        asked = f"the investigation {order.investigation!r}"
        allowed = f"investigations: {_listed(investigations)}"
    raise ConditionError(
        f"the order is for {asked}, which the conditions of exhibit {exhibit} do not allow"
        f" ({allowed})",
        next_step="Ask the authority that handed over the copy, or leave the exhibit out with"
        " exhibits = […].",
    )


def _onward(order: Order, exhibit: str, conditions: Mapping[str, Any]) -> None:
    allowed = str(conditions.get("onward_use") or "")
    if order.onward_use and _fold(allowed) in _NONE:
        raise ConditionError(
            f"the order allows onward use ({order.onward_use!r}); the conditions of exhibit"
            f" {exhibit} allow none",
            next_step="Leave onward_use out, or ask the authority that handed over the copy.",
        )


_NONE = frozenset(("none", "no", "forbidden", "geen"))


def _fold(name: str) -> str:
    return " ".join(name.casefold().split())


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
