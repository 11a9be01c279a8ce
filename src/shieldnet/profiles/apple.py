"""The configuration profile of an iPhone: what Apple offers, and what it does not.

Keys: https://github.com/apple/device-management, payloads `com.apple.applicationaccess` and
`com.apple.mobiledevice.passwordpolicy`. **Apple offers no key that turns the microphone off.** What
comes nearest is to allow only apps that do not record; a person can still grant one of these the
microphone. Where that is not enough, an iPhone is the wrong phone.
"""

from __future__ import annotations

import plistlib
import uuid
from typing import Any

from shieldnet.profiles.settings import DELTA_CHAT, Settings

GAP = (
    "Apple offers no setting that turns the microphone off; this profile cannot. Camera off, the "
    "list of allowed apps and the ban on pairing with computers need a supervised iPhone (the "
    "camera still works that way on others today, and Apple has announced the end of that)."
)
NEEDED_APPS = ("com.apple.Preferences", "com.apple.mobilephone")
_SPACE = uuid.UUID("9d1b3f0a-2f6f-5f0e-8b52-0d7a4f6a3c11")


def profile(settings: Settings) -> bytes:
    """Return the profile as a property list, the same bytes for the same settings."""
    name = settings.organisation
    content = [
        _payload("com.apple.applicationaccess", "Restrictions", name, _restrictions(settings)),
        _payload("com.apple.mobiledevice.passwordpolicy", "Passcode", name, _passcode(settings)),
    ]
    whole = _payload("Configuration", f"{name}: messages only", name, {})
    whole |= {
        "PayloadContent": content,
        "PayloadDescription": GAP,
        "PayloadOrganization": name,
        "PayloadRemovalDisallowed": True,
    }
    return plistlib.dumps(whole, sort_keys=True)


def _payload(kind: str, shown: str, organisation: str, keys: dict[str, Any]) -> dict[str, Any]:
    identifier = f"example.shieldnet.profile.{kind.rpartition('.')[2].lower()}"
    return {
        "PayloadType": kind,
        "PayloadVersion": 1,
        "PayloadIdentifier": identifier,
        "PayloadUUID": str(uuid.uuid5(_SPACE, f"{organisation} {kind}")).upper(),
        "PayloadDisplayName": shown,
        **keys,
    }


def _restrictions(settings: Settings) -> dict[str, Any]:
    forbidden = (
        *("allowCamera", "allowScreenShot", "allowDictation", "allowAssistant"),
        *("allowCloudBackup", "allowCloudDocumentSync", "allowCloudKeychainSync"),
        *("allowManagedAppsCloudSync", "allowDiagnosticSubmission", "allowAirDrop"),
        *("allowHostPairing", "allowPairedWatch", "allowLockScreenNotificationsView"),
        "allowAppInstallation",
    )
    apps = [DELTA_CHAT["apple"], *settings.apps, *NEEDED_APPS]
    return {**dict.fromkeys(forbidden, False), "allowListedAppBundleIDs": apps}


def _passcode(settings: Settings) -> dict[str, Any]:
    return {
        "forcePIN": True,
        "allowSimple": False,
        "requireAlphanumeric": True,
        "minLength": 8,
        "maxFailedAttempts": settings.failed_unlocks,
        "maxInactivity": 1,
        "maxGracePeriod": 0,
    }
