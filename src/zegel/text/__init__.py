"""The normative meaning of a term: tokeniser, query language and matcher in plain Python.

What a term in an order matches is what `matches` says. The index must agree with it; where the two
differ, the index is wrong. `MATCHING` is the version of these rules and stands in every grant.
"""

from zegel.text.match import matches, spans
from zegel.text.query import parse
from zegel.text.tokens import tokens

MATCHING = 1

__all__ = ["MATCHING", "matches", "parse", "spans", "tokens"]
