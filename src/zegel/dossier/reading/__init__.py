"""The dossier on paper: material in, one PDF out (docs/reference/dossier-reading.md).

pdf.py            the rendering
document.py       material as the one JSON document that is set
cover.py, front.py, conversations.py, entries.py, keypages.py      its parts
inline.py         what a line is made of: our words, and what others wrote
visible.py        what others wrote, made safe to print
pictures.py       attachments that are pictures, bounded and drawn again
worker.py         the typesetter, in a process of its own
template.typ      how it looks
words/            what it says, by language
shown.txt         what the fonts can show
"""
