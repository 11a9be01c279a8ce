"""The dossier for other programs: mbox, JSON Lines, CASE/UCO (docs/reference/dossier-exchange.md).

Pure functions of material. The stored messages themselves lie in the dossier as EML already.
"""
