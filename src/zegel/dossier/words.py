"""What lies beside the evidence: a page that says what it is, the verifier, renderings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from zegel.dossier.material import Material
from zegel.dossier.readback import Source, material_of
from zegel.dossier.renderings import Rendered, rendered

_VERIFIER = Path(__file__).with_name("verify.py")


def rendered_from(source: Source, manifest: Mapping[str, Any]) -> Iterator[Rendered]:
    """Yield every member that follows from the evidence in `source`, and adds none to it."""
    material = material_of(source, manifest)
    yield Rendered(name="README.txt", content=readme(material).encode("utf-8"))
    yield Rendered(name="verify.py", content=_VERIFIER.read_bytes())
    yield from rendered(material)


def readme(material: Material) -> str:
    """Return README.txt: what a dossier is, what lies where, how to verify it."""
    training = "\nTRAINING: for practice only, never evidence.\n" if material.training else ""
    chosen = material.selection
    return f"""\
A DOSSIER OF EVIDENCE
{training}
Investigation  {material.order.investigation}
Order          {material.order.number}, by {material.order.magistrate}
Signed by      {_signer(material)}
Messages       {chosen.selected} shown, {chosen.left_out} left out, of {chosen.investigation}
Merkle root    {material.root}

VERIFY IT
  python3 verify.py FILE.zip --root HEX
HEX must come from elsewhere than this file: from the magistrate, or from `zegel investigation
--check`. The answer is `verified`, `consistent in itself only` or `false`, with the first wrong
place. The verify.py that lies here is a convenience: trust one that you got another way. It needs
Python 3.9 and nothing else. `zegel dossier verify FILE.zip --root HEX --open all` also opens every
message again from its session key.

WHAT LIES WHERE
  certificates.jsonl   one certificate a line, by the number of the message: every sealed field with
                       its salt, the proof to the root, what lies in this file of it, the command
                       that repeats the decryption, what an independent implementation said
  stored/              messages as they lay on the servers, unaltered
  ciphertext/          the encrypted blocks in them, as OpenPGP packets
  opened/              what the blocks hold
  attached/            attachments
  sealed/              certificates of what is withheld, encrypted to the magistrate
  keys.jsonl           keys that opened or signed something, and where each was found
  custody.jsonl        the log of what was done in the investigation, up to this export
  header.json          order, exhibits with their seals, what could not be read
  order.toml           the order
  order.sig            its signature, and magistrate.pgp the certificate, where it is signed:
                       gpg --import magistrate.pgp && gpg --verify order.sig order.toml
  manifest.json        digest of every file, how the messages were chosen, tools and versions
Anything else is to read or to exchange. It follows from the above and is not itself under the root.
The format is described in docs/reference/dossier.md of Zegel.
"""


def _signer(material: Material) -> str:
    by = material.order.signature
    return "nobody" if by is None else f"{by.magistrate}, certificate {by.fingerprint}"
