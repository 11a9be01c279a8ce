"""A full-text index that agrees with `zegel.text`: what it finds is what the matcher matches."""

from zegel.search.index import Hits, Page, TextIndex, build_index

__all__ = ["Hits", "Page", "TextIndex", "build_index"]
