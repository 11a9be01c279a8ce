"""Write down what is true, beside the copies and never inside them.

One JSON object a line, in the fields docs/reference/copied-site.md lists.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import IO, Any

from shieldnet.keys import KeySpec, key_pair
from shieldnet.sites import SECOND
from shieldnet.traffic.devices import Device, device
from shieldnet.traffic.plan import Planned
from shieldnet.traffic.settings import Settings
from shieldnet.traffic.storylines.cast import Storyline


@dataclass(slots=True, kw_only=True)
class Place:
    """One stored copy of a message."""

    site: str
    path: str
    offset: int
    length: int
    sha256: str
    copy: str
    state: str


@dataclass(slots=True, kw_only=True)
class Message:
    """One distinct message and all its places."""

    id: str
    when: str
    sender: str
    holder: str
    to: tuple[str, ...]
    thread: str
    group: str | None
    message_id: str
    language: str
    topic: str
    subject: str
    text: str = field(repr=False)
    text_sha256: str
    sha256: str
    form: str
    signature: str
    hidden: bool
    separate: bool
    storyline: str
    decoy: str
    privileged: bool
    counsel: str
    places: list[Place]

    def line(self) -> str:
        """Return the JSON line; `sender` is called `from` there."""
        line = {name: getattr(self, name) for name in _FIELDS}
        line["from"] = self.sender
        line["places"] = [{name: getattr(place, name) for name in _PLACE} for place in self.places]
        return json_line(line)


_PLACE = tuple(one.name for one in fields(Place))
_FIELDS = tuple(one.name for one in fields(Message) if one.name not in ("sender", "places"))
"""What a line holds: `asdict` would copy every value, which takes longer than all the rest."""


def true_message(
    message: Planned, sender: Device, people: Sequence[Device], inside: bytes, verdict: str, at: int
) -> Message:
    """Return what is true of a message planned: `inside` is its plaintext, sent `at` (ns)."""
    held = sender.tenure_at(message.when // SECOND)
    return Message(
        id=f"m{message.number:08d}",
        when=instant_text(at),
        sender=sender.address,
        holder=held.holder if held else "",
        to=tuple(person.address for person in people),
        thread=message.thread,
        group=message.group,
        message_id=message.message_id,
        language=message.language,
        topic=message.topic,
        subject=message.subject,
        text=message.text,
        text_sha256=hashlib.sha256(message.text.encode()).hexdigest(),
        sha256=hashlib.sha256(inside).hexdigest(),
        form=message.form,
        signature=verdict,
        hidden=message.hidden,
        separate=message.separate,
        storyline=message.storyline,
        decoy=message.decoy,
        privileged=message.privileged,
        counsel=message.counsel,
        places=[],
    )


def json_line(fields: dict[str, Any]) -> str:
    """Return one line of JSON Lines, keys sorted."""
    return json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def instant_text(instant: int) -> str:
    """Return an instant in nanoseconds as UTC text."""
    seconds, rest = divmod(instant, SECOND)
    return f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def second_text(second: int | None) -> str | None:
    """Return whole seconds since 1970 as UTC text, as the registry writes them."""
    if second is None:
        return None
    return f"{dt.datetime.fromtimestamp(second, dt.UTC):%Y-%m-%dT%H:%M:%S}Z"


def write_device(target: IO[str], person: Device) -> None:
    """Write a device and everyone who held it."""
    target.write(
        json_line(
            {
                "serial": person.serial,
                "imei": person.imei,
                "address": person.address,
                "site": person.site.name,
                "model": person.model,
                "status": person.fate,
                "language": person.language,
                "holders": [
                    {
                        "holder": tenure.holder,
                        "role": tenure.role,
                        "from": second_text(tenure.since),
                        "to": second_text(tenure.until),
                    }
                    for tenure in person.tenures
                ],
            }
        )
    )


def write_key(target: IO[str], person: Device, spec: KeySpec, path: str | None) -> None:
    """Write a key, where its secret half lies and how it is opened."""
    pair = key_pair(spec)
    target.write(
        json_line(
            {
                "fingerprint": pair.fingerprint,
                "subkey": pair.subkey,
                "address": spec.address,
                "site": person.site.name,
                "algorithm": spec.algorithm,
                "created": second_text(spec.created),
                "revoked": second_text(spec.revoked),
                "state": spec.state,
                "form": spec.form,
                "path": path,
                "passphrase": spec.disclosure,
            }
        )
    )


def write_storyline(target: IO[str], settings: Settings, storyline: Storyline) -> None:
    """Write who plays in a storyline, from when, and the numbers they use."""
    members = []
    for member in storyline.members:
        person = device(settings, member.number)
        holders = [tenure for tenure in person.tenures if tenure.since == member.since]
        members.append(
            {
                "role": member.role.name,
                "address": person.address,
                "serial": person.serial,
                "holder": holders[0].holder,
                "since": second_text(member.since),
                "reissued": member.role.reissued,
                "named in the order": member.role.known,
            }
        )
    target.write(
        json_line(
            {
                "name": storyline.name,
                "from": second_text(storyline.since),
                "to": second_text(storyline.until),
                "members": members,
                "groups": storyline.groups,
                "facts": asdict(storyline.facts),
            }
        )
    )
