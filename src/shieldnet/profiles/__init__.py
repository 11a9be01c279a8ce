"""Phone profiles: what a phone's manager enforces, as policy for Android and profile for Apple.

The network cannot see whether a phone has a camera: only whoever manages the phone can turn it off.
"""

from shieldnet.profiles.android import policy
from shieldnet.profiles.apple import profile
from shieldnet.profiles.settings import Settings

__all__ = ["Settings", "policy", "profile"]
