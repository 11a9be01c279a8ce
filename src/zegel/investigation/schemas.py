"""The columns of an investigation's tables (docs/reference/investigation-format.md).

Instants are int64 nanoseconds since 1970 UTC beside their text. Identities are raw SHA-256.
"""

from __future__ import annotations

import pyarrow as pa

ID = pa.binary(32)
TEXTS = pa.list_(pa.string())

ADMISSION = pa.struct([("clause", pa.string()), ("why", pa.string())])

HOLDER = pa.struct([("account", pa.string()), ("device", pa.string()), ("holder", pa.string())])

MESSAGES = pa.schema(
    [
        ("number", pa.int32()),
        ("message", ID),
        ("admitted", pa.list_(ADMISSION)),
        ("state", pa.string()),
        ("reason", pa.string()),
        ("clock", pa.string()),
        ("clock_ns", pa.int64()),
        ("thread", ID),
        ("message_id", pa.string()),
        ("subject", pa.string()),
        ("sender", TEXTS),
        ("recipients", TEXTS),
        ("references", TEXTS),
        ("chat_group", pa.string()),
        ("accounts", TEXTS),
        ("holders", pa.list_(HOLDER)),
        ("text", pa.string()),
        ("language", pa.string()),
        ("signature", pa.string()),
        ("content_ids", pa.list_(ID)),
    ]
)
"""One row per message; `number` counts them by trusted clock and is for people."""

PLACES = pa.schema(
    [
        ("message", ID),
        ("stored_id", ID),
        ("exhibit", pa.string()),
        ("entry", pa.int32()),
        ("path", pa.binary()),
        ("offset", pa.int64()),
        ("length", pa.int64()),
        ("sha256", ID),
        ("format", pa.string()),
        ("quoting", pa.string()),
        ("store", pa.binary()),
        ("account", pa.string()),
        ("folder", pa.string()),
        ("flags", pa.string()),
        ("state", pa.string()),
        ("message_id", pa.string()),
        ("sender", TEXTS),
        ("recipients", TEXTS),
        ("envelope", TEXTS),
        ("received_ns", pa.int64()),
        ("received_text", pa.string()),
        ("stored_ns", pa.int64()),
        ("stored_text", pa.string()),
        ("date_ns", pa.int64()),
        ("date_text", pa.string()),
        ("clock", pa.string()),
        ("clock_ns", pa.int64()),
        ("zone_assumed", pa.bool_()),
        ("sealed_entry", pa.string()),
        ("proof", pa.list_(ID)),
        ("raw_sha256", ID),
        ("raw_length", pa.int64()),
        ("raw_at", pa.int64()),
    ]
)
"""Every stored place of each message. `sealed_entry` is the leaf the exhibit's seal commits to, and
`proof` leads from it to the seal (RFC 6962 section 2.1.1); `raw` are the message's own bytes, the
store's quoting undone."""

SIGNATURE = pa.struct(
    [
        ("verdict", pa.string()),
        ("key_id", pa.binary()),
        ("fingerprint", pa.binary()),
        ("created", pa.int64()),
        ("algorithm", pa.int16()),
        ("hash", pa.int16()),
        ("note", pa.string()),
    ]
)

CIPHERTEXTS = pa.schema(
    [
        ("message", ID),
        ("content_id", ID),
        ("root_id", ID),
        ("parent_id", ID),
        ("layer_path", pa.string()),
        ("kind", pa.string()),
        ("state", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("key_ids", pa.list_(pa.binary())),
        ("tried", pa.int32()),
        ("candidates", pa.int32()),
        ("key_fingerprint", pa.binary()),
        ("passphrase", pa.string()),
        ("session_algorithm", pa.int16()),
        ("session_key", pa.binary()),
        ("opener", pa.string()),
        ("second_opinion", pa.string()),
        ("integrity", pa.string()),
        ("cipher", pa.int16()),
        ("compression", pa.int16()),
        ("literal_format", pa.string()),
        ("literal_filename", pa.binary()),
        ("literal_date", pa.int64()),
        ("date_ns", pa.int64()),
        ("date_text", pa.string()),
        ("signatures", pa.list_(SIGNATURE)),
        ("plaintext_sha256", ID),
        ("plaintext_length", pa.int64()),
        ("plaintext_at", pa.int64()),
    ]
)
"""One row per block of each message; `passphrase` names its source only.

The digest of a block of kind `plain` is over what a person wrote (its text, then the digests of its
attachments): its bytes are those of the places.
"""

ATTACHMENTS = pa.schema(
    [
        ("message", ID),
        ("content_id", ID),
        ("filename", pa.string()),
        ("content_type", pa.string()),
        ("size", pa.int64()),
        ("sha256", ID),
        ("at", pa.int64()),
    ]
)

FOUND_AT = pa.struct(
    [
        ("exhibit", pa.string()),
        ("path", pa.binary()),
        ("offset", pa.int64()),
        ("length", pa.int64()),
        ("file_sha256", ID),
        ("format", pa.string()),
    ]
)

KEYS = pa.schema(
    [
        ("fingerprint", pa.binary()),
        ("key_id", pa.binary()),
        ("algorithm", pa.int16()),
        ("bits", pa.int32()),
        ("curve", pa.string()),
        ("created", pa.int64()),
        ("revoked", pa.bool_()),
        ("user_ids", TEXTS),
        ("public", pa.binary()),
        ("locked", pa.bool_()),
        ("protection", pa.string()),
        ("unlocked_by", pa.string()),
        ("found", pa.list_(FOUND_AT)),
    ]
)
"""The keys that opened or signed something here, and where each was found; never secret numbers."""

HOLDINGS = pa.schema(
    [
        ("exhibit", pa.string()),
        ("path", pa.binary()),
        ("offset", pa.int64()),
        ("source", pa.string()),
        ("device", pa.string()),
        ("account", pa.string()),
        ("holder", pa.string()),
        ("start_ns", pa.int64()),
        ("end_ns", pa.int64()),
        ("buyer", pa.string()),
        ("price_cents", pa.int64()),
        ("currency", pa.string()),
        ("order", pa.string()),
    ]
)

TABLES = {
    "messages": MESSAGES,
    "places": PLACES,
    "ciphertexts": CIPHERTEXTS,
    "attachments": ATTACHMENTS,
    "keys": KEYS,
    "holdings": HOLDINGS,
}
