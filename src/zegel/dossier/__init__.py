"""A dossier: evidence of one investigation that anyone can check, without us.

material.py      what a dossier shows, as records; all that a rendering ever receives
renderings.py    what makes members to read or to exchange from it
verify.py        stands alone: the standard library only, Apache-2.0

A dossier is made from an investigation's folder alone. What is withheld is gone before material
is made, so that no rendering can show it.
"""
