"""The acts of a log in plain words; one that has none here is said under its own name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip

PHRASES: Mapping[str, str] = {
    # reading
    "search": "searched {times}",
    "search named": "gave {n} search{es} a name",
    "terms counted": "counted the hits of {n} list{s} of terms",
    "message read": "read {messages}",
    "conversation read": "read {n} page{s} of conversations",
    "source read": "looked at what proves or carries a message {times}",
    "attachment taken": "took out {n} attachment{s}",
    "contacts read": "looked at the contacts {times}",
    "contacts drawn": "drew the contacts {times}",
    "timeline read": "looked at the timeline {times}",
    "timeline drawn": "drew the timeline {times}",
    "picture drawn": "looked at {n} picture{s}",
    "picture followed": "went on from a picture {times}",
    "picture exported": "exported {n} picture{s} or tables of one",
    "business records read": "looked at the business records {times}",
    "casework read": "looked at tags and notes {times}",
    "investigation read": "asked {times} what the investigation is",
    "investigation checked": "checked the investigation against its seal {times}",
    "unopened counted": "counted {times} what was never opened",
    # casework and export
    "tag added": "added {n} tag{s}",
    "tag removed": "took off {n} tag{s}",
    "note added": "wrote {n} note{s}",
    "relevance judged": "judged relevance {times}",
    "edit met another": "met {times} what somebody else had said meanwhile",
    "casework undone": "undid {n} act{s} on many messages",
    "casework taken over": "took over casework {times}",
    "tray read": "looked at trays {times}",
    "tray changed": "changed what lies in a tray {times}",
    "next unread asked": "asked {times} what to read next",
    "readers listed": "looked {times} at who read what",
    "dossier ordered": "ordered {n} dossier{s}",
    "dossiers listed": "looked {times} at the dossiers made here",
    "dossier handed out": "took out {n} dossier{s}",
    "dossier removed": "removed {n} dossier{s}",
    "dossier begun": "began {n} dossier{s}",
    "dossier made": "exported {n} dossier{s}",
    # a court's sample, and review of privilege
    "sample begun": "began {n} sample{s}",
    "account coded": "coded {n} account{s} of a sample",
    "sample read": "looked at a sample {times}",
    "sample reported": "had {n} report{s} of a sample",
    "sample drawn": "drew {n} sample{s}",
    "privilege decided": "decided on privilege {times}",
    "privilege coded": "coded {n} message{s} for the miss rate",
    "privilege log exported": "exported the privilege log {times}",
    "privilege register enrolled": "enrolled a privilege register {times}",
    "privilege marked": "set privileged messages apart {times}",
    "privilege indexed": "indexed what is set apart {times}",
    "privilege miss rate measured": "measured the miss rate {times}",
    "privilege recalled": "recalled messages {times}",
    # orders, and the life of an investigation
    "magistrates read": "looked at the list of magistrates {times}",
    "magistrate proposed": "proposed {n} magistrate{s}",
    "magistrate confirmed": "confirmed {n} magistrate{s}",
    "magistrate withdrawn": "withdrew {n} magistrate{s}",
    "previewed": "previewed {n} order{s}",
    "granted": "granted {n} order{s}",
    "investigation sealed": "sealed the investigation",
    "investigations listed": "listed the investigations {times}",
    "versions compared": "compared versions {times}",
    "investigation closed": "closed the investigation",
    "archive opening begun": "began to open the archive {times}",
    "investigation reopened": "reopened the investigation {times}",
    "investigation withdrawn": "withdrew {n} investigation{s}",
    "investigation superseded": "superseded {n} investigation{s}",
    "destruction ordered": "ordered {n} destruction{s}",
    "destruction begun": "began to destroy the derived set",
    "derived set destroyed": "destroyed the derived set",
    "casework kept by the case destroyed": "destroyed the casework that the case kept {times}",
    "notices listed": "listed notices {times}",
    "notice applied": "applied {n} notice{s}",
    "notice acknowledged": "took in {n} answer{s} to notices",
    # the copies
    "case made": "made the case",
    "copy taken in": "took in {n} cop{ies}",
    "copy recognised": "recognised {n} cop{ies}",
    "seal rechecked": "rechecked seals {times}",
    "processing started": "had processing begin by itself {times}",
    "processing stopped": "stopped processing {times}",
    "processing began": "began processing {times}",
    "processing ended": "ended processing {times}",
    "index began": "began an index {times}",
    "index built": "built an index {times}",
    "index found": "found the index built already {times}",
    "case read": "asked {times} what the case is",
    "ledger read": "read the ledger {times}",
    "keys read": "read the list of keys {times}",
    "problems read": "read the list of problems {times}",
    # people
    "people read": "looked {times} at who is enrolled",
    "person enrolled": "enrolled {n} name{s}",
    "roles changed": "changed somebody's roles {times}",
    "person blocked": "blocked {n} name{s}",
    "person unblocked": "unblocked {n} name{s}",
    "person locked": "locked {n} name{s} after failed tries",
    "password changed": "changed the own password {times}",
    "password reset": "gave somebody else a password {times}",
    "logged in": "logged in {times}",
    "logged out": "logged out {times}",
    "holder enrolled": "became the folder's holder {times}",
    "folder listed": "listed the files of a new folder {times}",
    "files listed": "listed new files {times}",
    "files no longer listed": "took files off the list {times}",
    # the log
    "head exported": "exported {n} head{s} of the log",
    "entry proved": "proved {n} entr{ies}",
    "growth proved": "proved {times} that the log only grew",
    "head witnessed": "took in {n} witnessed head{s}",
    "log reported": "had {n} report{s} of the log",
    "queries reported": "had {n} report{s} of what was searched for",
    "head anchored": "anchored {n} head{s}",
    "key vouched for": "vouched for {n} key{s}",
    "new holder": "took over the log {times}",
    "log repaired": "mended the log after a kill {times}",
    "clock set back": "found the clock set back {times}",
}


def acts_in_words(acts: Mapping[str, int], *, messages: int) -> Iterator[str]:
    """Yield what was done, in the order of this table; `messages` is how many were read whole."""
    for act in sorted(acts, key=lambda act: (_ORDER.get(act, len(_ORDER)), act)):
        phrase, n = PHRASES.get(act, "“{act}” {times}"), acts[act]
        yield phrase.format(
            act=act,
            n=n,
            s="" if n == 1 else "s",
            ies="y" if n == 1 else "ies",
            es="" if n == 1 else "es",
            times=times(n),
            messages=_messages(messages, n),
        )


_ORDER = {act: place for place, act in enumerate(PHRASES)}


def _messages(different: int, reads: int) -> str:
    said = f"{different:,} message{'' if different == 1 else 's'}"
    return said if reads == different else f"{said} ({reads:,} times in all)"


def times(n: int) -> str:
    """Return how often in words."""
    return {1: "once", 2: "twice"}.get(n, f"{n:,} times")


def day_in_words(day: str) -> str:
    """Return 2016-05-03 as 3 May 2016."""
    year, month, number = day.split("-")
    return f"{int(number)} {MONTHS[int(month) - 1]} {year}"
