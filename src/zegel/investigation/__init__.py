"""An investigation: a sealed, movable folder that holds what one order admitted and nothing else.

INV/investigation.json  what it is: order, exhibits with their seals, state, Merkle root (versioned)
INV/order.toml          the order, byte for byte as received
INV/tables/*.parquet    messages, places, ciphertexts, attachments, keys, holdings
INV/bytes.pack          raw bytes, plaintexts and attachments, each once
INV/index/              its own full-text index
INV/custody/            its own log; the log's key lies outside the folder
INV/secret              mode 0600: salts follow from it; never part of a dossier
INV/leaves              leaf hashes of the messages, for the proof of one
INV/states.sqlite       what was asked, under opaque ids, and saved searches: not sealed either
INV/casework.sqlite     tags, notes, relevance: not sealed, and kept apart for that reason

It opens without the case that made it, and nothing here imports the case.
"""

from zegel.investigation.folder import Investigation
from zegel.investigation.portion import Portion, PortionWriter
from zegel.investigation.writing import Draft

__all__ = ["Draft", "Investigation", "Portion", "PortionWriter"]
