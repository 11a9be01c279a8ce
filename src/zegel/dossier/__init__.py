"""A dossier: evidence of one investigation that anyone can check, without us.

make.py          from an investigation's folder to one file
  withholding, leaks, reuse    what must not be shown: by whose word, where else, by which key
  disclosing, certificates     what is shown of each message
  excerpt, opinions            the log up to now; what an independent implementation says
  container                    the strict ZIP
material.py      what a dossier shows, as records; readback.py builds them from the dossier itself
renderings.py    what makes members to read or to exchange from material
verify.py        stands alone: the standard library only, Apache-2.0
checking.py      verify.py, and opening and rendering everything again
diff.py          what one dossier shows and another does not

A dossier is made from an investigation's folder alone. What is withheld is gone before material
is made, so that no rendering can show it.
"""
