"""Why a message is refused: a sentence for its author, a word for the log; never its content."""

from __future__ import annotations

CODE = "523 5.7.1"
LONGEST = 400
"""Characters of a reply; RFC 5321 section 4.5.3.1.5 allows 512 octets a line."""


class RefusedError(Exception):
    """The message may not pass."""

    def __init__(self, word: str, sentence: str) -> None:
        super().__init__(sentence)
        self.word = word

    @property
    def reply(self) -> str:
        """Return the SMTP reply: one line of ASCII."""
        said = f"{CODE} {self}".encode("ascii", "replace").decode("ascii")
        return " ".join(said.split())[:LONGEST]


def cleartext(what: str) -> RefusedError:
    """Return the refusal of mail that is not encrypted."""
    return RefusedError(
        "cleartext",
        f"Not sent: this network carries encrypted mail only, and {what}. "
        "Turn OpenPGP encryption on (PGP/MIME) and send it again",
    )
