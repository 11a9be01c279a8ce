"""The tables beside a network: the accounts in it, and who wrote with whom."""

from __future__ import annotations

from collections.abc import Sequence

from zegel.analysis.network import Edge, Network
from zegel.analysis.pictures.labels import letters
from zegel.analysis.sheets import Row, Rows, Sheet
from zegel.analysis.wording import Wording


def network_sheets(drawn: Network, names: Sequence[str], wording: Wording) -> tuple[Sheet, Sheet]:
    """Return accounts and contacts, those too that are too thin to be drawn."""
    return _accounts(drawn, names, wording), _contacts(drawn.edges, names, wording)


def _accounts(drawn: Network, names: Sequence[str], wording: Wording) -> Sheet:
    _ = wording.say
    rows = [
        Row(
            cells=(
                names[node.account],
                letters(node.community),
                node.sent,
                node.received,
                node.contacts,
            ),
            target=("account", node.account),
        )
        for node in drawn.nodes
    ]
    return Sheet(
        name="accounts",
        title=_("Accounts"),
        columns=(_("Account"), _("Community"), _("Sent"), _("Received"), _("Contacts")),
        rows=rows,
        note=_("Sent and received count the messages on the lines of this network."),
    )


def _contacts(edges: Sequence[Edge], names: Sequence[str], wording: Wording) -> Sheet:
    _ = wording.say

    def row(edge: Edge) -> Row:
        when = wording.minute(edge.first_ns), wording.minute(edge.last_ns)
        ways = edge.forth, edge.back, edge.messages
        return Row(
            cells=(names[edge.one], names[edge.other], *ways, *when),
            target=("contact", edge.one, edge.other),
        )

    return Sheet(
        name="contacts",
        title=_("Contacts"),
        columns=(_("One"), _("Other"), _("One to other"), _("Other to one"), _("Together"),
                 _("First"), _("Last")),
        rows=Rows(edges, row),
    )  # fmt: skip
