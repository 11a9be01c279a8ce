"""Who may do what: persons, their roles, and the rights of each role.

A person is somebody with a name who has shown by an operating-system account, a password or a key
that the name is theirs. What a role may do stands in one table (`rights`); what is not in it is
refused. Nothing here opens a case or an investigation, and nothing here reads evidence.
"""

from zegel.people.person import Person
from zegel.people.rights import CASE, INVESTIGATION

__all__ = ["CASE", "INVESTIGATION", "Person"]
