"""A full-text index that agrees with `zegel.text`: what it finds is what the matcher matches."""

from zegel.search.index import Hits, IndexWriter, Page, TextIndex, build_index

__all__ = ["Hits", "IndexWriter", "Page", "TextIndex", "build_index"]
