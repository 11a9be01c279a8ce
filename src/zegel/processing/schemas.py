"""The columns of every table that processing writes (docs/reference/case-format.md).

Instants are int64 nanoseconds since 1970 UTC beside their text. Identities are raw SHA-256.
"""

from __future__ import annotations

import pyarrow as pa

ID = pa.binary(32)
TEXTS = pa.list_(pa.string())

STORED = pa.schema(
    [
        ("exhibit", pa.string()),
        ("entry", pa.int32()),
        ("path", pa.binary()),
        ("offset", pa.int64()),
        ("length", pa.int64()),
        ("sha256", ID),
        ("format", pa.string()),
        ("store", pa.binary()),
        ("account", pa.string()),
        ("folder", pa.string()),
        ("flags", pa.string()),
        ("quoting", pa.string()),
        ("is_message", pa.bool_()),
        ("message_id", pa.string()),
        ("sender", TEXTS),
        ("recipients", TEXTS),
        ("envelope", TEXTS),
        ("also_named", TEXTS),
        ("references", TEXTS),
        ("subject", pa.string()),
        ("received_ns", pa.int64()),
        ("received_text", pa.string()),
        ("stored_ns", pa.int64()),
        ("stored_text", pa.string()),
        ("date_ns", pa.int64()),
        ("date_text", pa.string()),
        ("clock", pa.string()),
        ("zone_assumed", pa.bool_()),
    ]
)
"""One row per stored message. Its identity follows from its place and the exhibit's seal
(`settled.identity_of`), its instant from the clock that is named (`settled.INSTANT`).
"""

LAYERS = pa.schema(
    [
        ("stored_row", pa.int32()),
        ("layer_path", pa.string()),
        ("kind", pa.string()),
        ("content_id", ID),
        ("encrypted", pa.bool_()),
        ("esks", pa.list_(pa.binary())),
        ("first_key", pa.binary()),
        ("exhibit", pa.string()),
        ("entry", pa.int32()),
        ("offset", pa.int64()),
        ("length", pa.int64()),
        ("format", pa.string()),
        ("quoting", pa.string()),
        ("spooled", pa.int64()),
        ("spooled_keys", pa.int64()),
        ("spooled_size", pa.int64()),
        ("accounts", TEXTS),
    ]
)
"""One row per layer of a stored message; `stored_row` is that message's row, from 0, in the table
`stored` of the same part. `esks` hold of each session-key packet its tag, the octets
that say whom it is for, and the first eight of its SHA-256.

`spooled`, `spooled_keys` and `spooled_size` say where the scan put key packets and body for the
next step, and the octets of either; null where it did not. That file is gone when processing has
ended.
"""

KEY_PLACES = pa.schema(
    [
        ("material_id", ID),
        ("form", pa.string()),
        ("material", pa.binary()),
        ("exhibit", pa.string()),
        ("entry", pa.int32()),
        ("path", pa.binary()),
        ("offset", pa.int64()),
        ("length", pa.int64()),
        ("file_sha256", ID),
        ("format", pa.string()),
    ]
)

HOLDINGS = pa.schema(
    [
        ("exhibit", pa.string()),
        ("entry", pa.int32()),
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
        ("raw", pa.string()),
    ]
)

PASSPHRASES = pa.schema(
    [
        ("passphrase", pa.binary()),
        ("exhibit", pa.string()),
        ("path", pa.binary()),
        ("offset", pa.int64()),
        ("source", pa.string()),
    ]
)

PROBLEMS = pa.schema(
    [
        ("kind", pa.string()),
        ("exhibit", pa.string()),
        ("entry", pa.int32()),
        ("path", pa.binary()),
        ("offset", pa.int64()),
        ("note", pa.string()),
        ("unread", pa.bool_()),
        ("stored_id", ID),
    ]
)

FILES = pa.schema(
    [
        ("exhibit", pa.string()),
        ("entry", pa.int32()),
        ("role", pa.string()),
        ("format", pa.string()),
        ("found", pa.int64()),
    ]
)
"""What each file of an exhibit turned out to be; `role` is `mail`, `keys`, `registry`, `other`."""

SCAN = {
    "stored": STORED,
    "layers": LAYERS,
    "keys": KEY_PLACES,
    "holdings": HOLDINGS,
    "passphrases": PASSPHRASES,
    "problems": PROBLEMS,
    "files": FILES,
}

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

ATTACHMENT = pa.struct(
    [
        ("filename", pa.string()),
        ("content_type", pa.string()),
        ("size", pa.int64()),
        ("sha256", ID),
    ]
)

SESSIONS = pa.schema(
    [
        ("round", pa.int32()),
        ("content_id", ID),
        ("root_id", ID),
        ("parent_id", ID),
        ("layer_path", pa.string()),
        ("state", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("kind", pa.string()),
        ("session_algorithm", pa.int16()),
        ("session_key", pa.binary()),
        ("key_fingerprint", pa.binary()),
        ("passphrase", pa.string()),
        ("key_ids", pa.list_(pa.binary())),
        ("tried", pa.int32()),
        ("candidates", pa.int32()),
        ("tried_keys", pa.list_(pa.int32())),
        ("tried_passphrases", pa.int32()),
        ("esks", pa.int32()),
        ("opener", pa.string()),
        ("second_opinion", pa.string()),
    ]
)
"""How each distinct encrypted block ended; nested blocks name the block they lay in, and the
outermost of those (`root_id`, null for what is itself the outermost)."""

CONTENTS = pa.schema(
    [
        ("round", pa.int32()),
        ("content_id", ID),
        ("plaintext_sha256", ID),
        ("size", pa.int64()),
        ("integrity", pa.string()),
        ("cipher", pa.int16()),
        ("compression", pa.int16()),
        ("opener", pa.string()),
        ("literal_format", pa.string()),
        ("literal_filename", pa.binary()),
        ("literal_date", pa.int64()),
        ("signature", pa.string()),
        ("signatures", pa.list_(SIGNATURE)),
        ("message_id", pa.string()),
        ("subject", pa.string()),
        ("sender", TEXTS),
        ("recipients", TEXTS),
        ("also_named", TEXTS),
        ("references", TEXTS),
        ("chat_group", pa.string()),
        ("date_ns", pa.int64()),
        ("date_text", pa.string()),
        ("text", pa.string()),
        ("attached_text", pa.string()),
        ("attachments", pa.list_(ATTACHMENT)),
    ]
)
"""`also_named` are names and addresses beside sender and recipients (`headers.also_named`);
`attached_text` is what attachments say whose text is read (`textbody.attached_text`)."""

OPEN = {"sessions": SESSIONS, "contents": CONTENTS, "problems": PROBLEMS}

KEYS = pa.schema(
    [
        ("number", pa.int32()),
        ("fingerprint", pa.binary()),
        ("key_id", pa.binary()),
        ("version", pa.int16()),
        ("algorithm", pa.int16()),
        ("bits", pa.int32()),
        ("curve", pa.string()),
        ("created", pa.int64()),
        ("expires", pa.int64()),
        ("revoked", pa.bool_()),
        ("primary", pa.binary()),
        ("user_ids", TEXTS),
        ("public", pa.binary()),
        ("has_secret", pa.bool_()),
        ("locked", pa.bool_()),
        ("protection", pa.string()),
        ("form", pa.string()),
        ("material", pa.binary()),
        ("material_ids", pa.list_(pa.binary())),
        ("secret_ids", pa.list_(pa.binary())),
        ("numbers", pa.list_(pa.binary())),
        ("transferable", pa.binary()),
        ("unlocked_by", pa.string()),
        ("refusal", pa.string()),
        ("tried_passphrases", pa.int32()),
    ]
)
"""One row per primary key or subkey; `number` never changes once given."""
