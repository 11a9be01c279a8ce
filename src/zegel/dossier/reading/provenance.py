"""The small print under a message: why it is here, what opened it, where it is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from zegel.dossier.material import Block, Message, Place
from zegel.dossier.reading.inline import Inline, coded, digest, joined, place, written
from zegel.dossier.reading.wording import Words
from zegel.openpgp.names import cipher_name

MOST_PLACES = 4
MOST_BLOCKS = 8
MOST_CLAUSES = 20


def provenance(
    message: Message, numbers: Mapping[str, int], words: Words
) -> Iterator[tuple[str, Inline]]:
    """Yield lines with their names; `numbers` are those of the messages printed, by Message-ID."""
    if message.admitted:
        why = (
            [written(clause), " (", *_why(reason, words), ")"]
            for clause, reason in message.admitted[:MOST_CLAUSES]
        )
        yield words("message.admitted"), joined(why, "; ")
    number = _refers_to(message, numbers)
    if number is not None:
        yield words("message.reply"), [words("message.reply_to", number=number)]
    if message.signature and message.signature != "none":
        yield words("message.signature"), _signature(message, words)
    for block in message.blocks[:MOST_BLOCKS]:
        if block.kind != "plain":
            yield words("message.block"), _block(block, words)
    if message.places:
        yield words("message.witnesses"), _places(message.places, words)
    yield words("message.identity"), [digest(message.message)]


def _why(reason: str, words: Words) -> Inline:
    hit = reason.removeprefix("context of ")
    if hit != reason and hit.isdecimal():
        return [words("why.context", number=hit)]
    return [words.known("why", reason)]


def _signature(message: Message, words: Words) -> Inline:
    verdict = words.known("verdicts", message.signature)
    keys = {
        signature.fingerprint or signature.key_id
        for block in message.blocks
        for signature in block.signatures
        if signature.verdict == message.signature
    }
    line: Inline = [verdict]
    for key in sorted(keys - {""}):
        line += [f"; {words('message.signature_by')} ", digest(key.upper())]
    return line


def _block(block: Block, words: Words) -> Inline:
    state = words.known("states", block.state)
    line: Inline = [f"{words('message.ciphertext')} ", digest(block.content_id), f" · {state}"]
    if block.state != "readable":
        line.append(f" ({coded(block.reason)})")
        line += [" ", written(block.detail, 120)] if block.detail else []
    if block.key_fingerprint:
        key = digest(block.key_fingerprint.upper())
        line += [f"\n{words('message.opened_with')} ", key]
    if block.passphrase:
        line += [f" · {words('message.passphrase')}: ", written(block.passphrase, 120)]
    facts = [
        cipher_name(block.cipher) if block.cipher is not None else "",
        f"{words('message.integrity')} {coded(block.integrity)}" if block.integrity else "",
        f"{words('message.opener')} {coded(block.opener)}" if block.opener else "",
        _opinion(block, words),
        words("message.session") if block.session_key else "",
    ]
    said = " · ".join(fact for fact in facts if fact)
    line += [f"\n{said}"] if said else []
    if block.plaintext_sha256:
        line += [f"\n{words('message.plaintext')} ", digest(block.plaintext_sha256)]
    return line


def _opinion(block: Block, words: Words) -> str:
    """Return what a second implementation said, and which, where it is named: `agrees: gnupg …`."""
    said = block.opinion or block.second_opinion
    if not said:
        return ""
    verdict, _, who = said.partition(": ")
    named = f" ({coded(who)})" if who else ""
    return f"{words('message.second')}: {words.known('opinions', verdict)}{named}"


def _places(places: tuple[Place, ...], words: Words) -> Inline:
    lines = [
        place(words, one.exhibit, one.path, one.offset, one.length) for one in places[:MOST_PLACES]
    ]
    more = len(places) - MOST_PLACES
    if more > 0:
        lines.append([words("message.witnesses_more", count=more)])
    return joined(lines, "\n")


def _refers_to(message: Message, numbers: Mapping[str, int]) -> int | None:
    for name in reversed(message.references):
        number = numbers.get(name)
        if number is not None and number != message.number:
            return number
    return None
