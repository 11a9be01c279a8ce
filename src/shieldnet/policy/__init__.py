"""Only encrypted mail: what a message must be to pass, what of it survives, and the filter itself.

`python -m shieldnet.policy` runs the filter between two halves of one Postfix, before anything is
queued. Rules, in order:

1. The author named in the message is the one who logged in.
2. It is an OpenPGP message in PGP/MIME form (RFC 3156) and nothing else, or a SecureJoin request,
   or an Autocrypt introduction without text.
3. A message that passes is written anew from its parts: listed headers, the session keys and the
   encrypted data. Nothing else can survive, because nothing else is copied.

What the rules cannot see: a client that encrypts badly, or hides text where random octets belong.
"""

from shieldnet.policy.service import main

__all__ = ["main"]
