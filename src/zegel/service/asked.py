"""What the log keeps of what a person asked for: decided in this one place, person by person.

Today everybody's words are kept as they were asked, a query under the fact `query`. Whoever reads
the log (`zegel.service.logreport`) takes an entry without that fact for one whose query is sealed.
"""

from __future__ import annotations

from collections.abc import Mapping

from zegel.canonical import JSON
from zegel.people import Person

QUERY = "query"


def kept(person: Person, asked: Mapping[str, JSON]) -> dict[str, JSON]:  # noqa: ARG001
    """Return the facts that an entry holds of what `person` asked."""
    return dict(asked)
