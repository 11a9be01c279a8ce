"""What was done is on record before its result is shown, and nobody can quietly change the record.

An append-only log of acts: entries are salted commitments, hashed as in RFC 6962, under heads
signed with Ed25519 (RFC 8032). One log for the case, one for each investigation; a log must never
hold content of the evidence.
"""
