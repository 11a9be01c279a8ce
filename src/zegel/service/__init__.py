"""Every use case, one function each: this is the Python API of Zegel.

No function here returns content of a whole case. Every act is written to the custody log
before its result is returned.
"""

from zegel.service.cases import init_case, status
from zegel.service.custody import custody_head, custody_verify
from zegel.service.intake import recheck, take_in
from zegel.service.keys import list_keys
from zegel.service.ledger import ledger
from zegel.service.problems import list_problems
from zegel.service.process import ProcessOptions, process
from zegel.service.progress import Progress, silent

__all__ = [
    "ProcessOptions",
    "Progress",
    "custody_head",
    "custody_verify",
    "init_case",
    "ledger",
    "list_keys",
    "list_problems",
    "process",
    "recheck",
    "silent",
    "status",
    "take_in",
]
