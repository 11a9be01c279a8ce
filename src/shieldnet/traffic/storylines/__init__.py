"""Storylines: what a few people plan together, hidden in the traffic of all the others.

Each script is one module ending in one `SCRIPT`; `cast` says who plays it, when and with which
numbers, `telling` what they write. Only the ground truth says which messages belong to one.
"""

from __future__ import annotations

from shieldnet.traffic.storylines import harbour, vault

SCRIPTS = (harbour.SCRIPT, vault.SCRIPT)
