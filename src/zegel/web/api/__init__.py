"""The JSON API: the same use cases as the pages, through the same door, with a token in a header.

Described by an OpenAPI 3.1 document that is made from the table of calls (`/api/openapi.json`).
"""

from zegel.web.api.app import application
from zegel.web.api.calls import CALLS, Call
from zegel.web.api.document import openapi

__all__ = ["CALLS", "Call", "application", "openapi"]
