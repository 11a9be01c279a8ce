"""From a magistrate's order to the set of messages it admits: by default, none.

Nothing here reads or writes a file; `service` brings the order, the rows and the index, and hands
what is admitted to `investigation`.
"""

from zegel.authorisation.admit import Admitted, accounts_named, admit
from zegel.authorisation.conditions import check_conditions
from zegel.authorisation.order import Clause, Order, read_order
from zegel.authorisation.signed import Magistrate, SignedOrder, check_signature

__all__ = [
    "Admitted",
    "Clause",
    "Magistrate",
    "Order",
    "SignedOrder",
    "accounts_named",
    "admit",
    "check_conditions",
    "check_signature",
    "read_order",
]
