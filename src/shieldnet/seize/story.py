"""Tell how a copy came to be: for people, and for `zegel intake --describe`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from shieldnet import custody
from shieldnet.network import LiveSite, Network
from shieldnet.seize.volatile import State

if TYPE_CHECKING:
    from shieldnet.seize import Seized


def acquisition(site: LiveSite, done: Seized) -> str:
    """Return the acquisition record: what is known here; the rest the examiner fills in."""
    how = "as it ran" if done.left_running else "at rest, its servers stopped"
    words = {
        "label": f"Server {site.name}",
        "acquired_at": done.began,
        "source": f"{site.host}, {site.domain}",
        "notes": f"Site folder copied {how}. SHA-256 of {done.tar.name}: {done.sha256}. "
        f"{done.copied.files} files, {done.copied.octets} octets; "
        f"{len(done.copied.not_copied)} entries not copied, {len(done.copied.changed)} files "
        f"changed while copied: see {site.name}.volatile.json.",
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in words.items()]
    return "\n".join(["[acquisition]", *lines, ""])


def told(network: Network, sites: Iterable[Seized]) -> str:
    """Return the story of the take-down as a page."""
    lines = [
        "# Take-down and copy",
        "",
        f"Network with sites {', '.join(network.sites)}; custody of keys: {network.custody}.",
        "",
        custody.sentence(network),
        "",
        "All times UTC. Check the files of this folder with `sha256sum --check SHA256SUMS`, and "
        "after unpacking a tar its files with `sha256sum --check SITE.sha256`.",
    ]
    for done in sites:
        lines += ["", f"## {done.site}", "", *_site(done)]
    return "\n".join([*lines, ""])


def _site(done: Seized) -> list[str]:
    copied = done.copied
    return [
        "| | before | after |",
        "|---|---|---|",
        *(f"| {what} | {one} | {two} |" for what, one, two in _rows(done.before, done.after)),
        "",
        f"- {done.before.at}: state written down"
        + ("." if done.was_up else "; the site was down already."),
        *([f"- {done.began}: off the air."] if done.was_up and not done.left_running else []),
        f"- {done.began} to {done.ended}: {copied.files:,} files, {copied.octets:,} octets "
        f"copied into `{done.tar.name}`, SHA-256 `{done.sha256}`.",
        f"- {len(copied.not_copied)} entries are not in the copy (sockets, pipes, gone), "
        f"{len(copied.changed)} files changed while they were read: "
        f"`{done.site}.volatile.json` names them.",
        "",
        _users(done),
    ]


def _rows(before: State, after: State) -> list[tuple[str, object, object]]:
    return [
        ("at", before.at, after.at),
        ("servers that run", _running(before), _running(after)),
        ("ports that answer", _ports(before), _ports(after)),
        ("processes", len(before.processes), len(after.processes)),
        ("accounts logged in", len(before.sessions), len(after.sessions)),
        ("messages waiting in the queue", len(before.queue), len(after.queue)),
        ("stored messages", f"{before.messages:,}", f"{after.messages:,}"),
        *(
            (f"devices {status}", before.devices.get(status, 0), after.devices.get(status, 0))
            for status in ("active", "stock", "blocked", "wiped")
        ),
    ]


def _running(one: State) -> str:
    return ", ".join(name for name, runs in one.servers.items() if runs) or "none"


def _ports(one: State) -> str:
    return ", ".join(place for place, open_ in one.answering.items() if open_) or "none"


def _users(done: Seized) -> str:
    if done.left_running:
        return "Its users noticed nothing: the site went on."
    if not done.was_up:
        return "Its users noticed nothing new: the site was down before."
    return (
        "What its users see: their phones cannot connect any more and say so; what they write "
        "stays on the phone. Mail of other sites for this one waits in their queues and comes back "
        "to its senders when it has waited too long. Nothing on a phone was changed."
    )
