"""The web application: a face over `zegel.service`. Pages ask the service layer, nothing else.

Nothing is loaded from elsewhere, nothing is run that an exhibit holds, and no content stands in a
URL: what is asked becomes a state with an opaque identity.
"""

from zegel.web.app import Settings, application

__all__ = ["Settings", "application"]
