"""Posted forms, read within bounds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from anyio import fail_after
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from zegel.errors import UsageError

LONGEST_FIELD = 20_000
MOST_FIELDS, MOST_FILES = 20_000, 4
LONGEST_POST = 120
"""Seconds within which a form has come whole."""


@dataclass(frozen=True, slots=True)
class Form:
    """The fields and files of a posted form; its token was checked before."""

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def text(self, name: str, *, most: int = LONGEST_FIELD, default: str | None = None) -> str:
        """Return a field's text; `UsageError` where it is missing or too long."""
        values = self.fields.get(name) or ([] if default is None else [default])
        if not values:
            raise UsageError(f"the form lacks {name!r}", next_step="Go back and send it again.")
        if len(values[0]) > most:
            raise UsageError(f"{name!r} has more than {most} characters")
        return values[0].replace("\r\n", "\n")

    def texts(self, name: str, *, most: int = 10_000) -> list[str]:
        """Return every value of a field, as of boxes that were ticked."""
        values = list(self.fields.get(name, ()))
        if len(values) > most:
            raise UsageError(f"the form names more than {most} of {name!r}")
        return values

    def ticked(self, name: str) -> bool:
        """Say whether a box was ticked."""
        return bool(self.fields.get(name))


async def posted(request: Request, most: int) -> Form:
    """Read a posted form within bounds; one that is longer is refused before it is read whole."""
    declared = request.headers.get("content-length", "")
    # In pieces of a length of their own (RFC 9112 section 7.1) a form could go on for ever.
    if not declared.isdigit() or int(declared) > most or "transfer-encoding" in request.headers:
        raise HTTPException(413, "the form is too long")
    kind = request.headers.get("content-type", "").lower()
    if set(re.findall(r'charset[^=]*=\s*"?([^\s;"]*)', kind)) - {"utf-8"}:
        raise HTTPException(415, "a form is in UTF-8")
    try:
        with fail_after(LONGEST_POST):
            async with request.form(
                max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=most
            ) as form:
                return await _read(form)
    except (ClientDisconnect, TimeoutError):
        raise HTTPException(400, "the form ended early") from None


async def _read(form: FormData) -> Form:
    fields: dict[str, list[str]] = {}
    files: dict[str, bytes] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            files[name] = await value.read()
        else:
            fields.setdefault(name, []).append(value)
    return Form(fields, files)
