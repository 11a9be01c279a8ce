"""The policy of a fully managed Android phone, as the Android Management API takes it.

Fields: `enterprises.policies`, https://developers.google.com/android/management/reference/rest
(the names are checked against revision 20261104). Microphone: Android 12 and later; older phones
report the setting as not applied, which the manager's console shows.
"""

from __future__ import annotations

from typing import Any

from shieldnet.profiles.settings import DELTA_CHAT, Settings


def policy(settings: Settings) -> dict[str, Any]:
    """Return the policy, ready for `enterprises.policies.patch`."""
    return {
        "cameraAccess": "CAMERA_ACCESS_DISABLED",
        "microphoneAccess": "MICROPHONE_ACCESS_DISABLED",
        "screenCaptureDisabled": True,
        "outgoingCallsDisabled": True,
        "smsDisabled": True,
        **_apps(settings),
        **_lock(settings),
        **_doors(),
        "systemUpdate": {"type": "AUTOMATIC"},
        "shortSupportMessage": {
            "defaultMessage": f"Managed by {settings.organisation}: messages only"
        },
    }


def _apps(settings: Settings) -> dict[str, Any]:
    """Allow listed apps only; the messenger may neither see nor hear."""
    messenger = {
        "packageName": DELTA_CHAT["android"],
        "installType": "FORCE_INSTALLED",
        "autoUpdateMode": "AUTO_UPDATE_HIGH_PRIORITY",
        "permissionGrants": [
            {"permission": "android.permission.CAMERA", "policy": "DENY"},
            {"permission": "android.permission.RECORD_AUDIO", "policy": "DENY"},
            {"permission": "android.permission.POST_NOTIFICATIONS", "policy": "GRANT"},
        ],
    }
    others = [{"packageName": app, "installType": "FORCE_INSTALLED"} for app in settings.apps]
    return {
        "applications": [messenger, *others],
        "playStoreMode": "WHITELIST",
        "defaultPermissionPolicy": "DENY",
        "uninstallAppsDisabled": True,
        "advancedSecurityOverrides": {
            "untrustedAppsPolicy": "DISALLOW_INSTALL",
            "developerSettings": "DEVELOPER_SETTINGS_DISABLED",
            "googlePlayProtectVerifyApps": "VERIFY_APPS_ENFORCED",
        },
    }


def _lock(settings: Settings) -> dict[str, Any]:
    """Ask for a passcode, erase after too many wrong ones, show nothing while locked."""
    return {
        "passwordPolicies": [
            {
                "passwordScope": "SCOPE_DEVICE",
                "passwordQuality": "ALPHANUMERIC",
                "passwordMinimumLength": 8,
                "maximumFailedPasswordsForWipe": settings.failed_unlocks,
                "requirePasswordUnlock": "REQUIRE_EVERY_DAY",
            }
        ],
        "encryptionPolicy": "ENABLED_WITH_PASSWORD",
        "maximumTimeToLock": "60000",
        "keyguardDisabledFeatures": ["CAMERA", "UNREDACTED_NOTIFICATIONS", "TRUST_AGENTS"],
    }


def _doors() -> dict[str, Any]:
    """Close the ways by which what is on the phone could leave it."""
    return {
        "backupService": "BACKUP_SERVICE_DISABLED",
        "mountPhysicalMediaDisabled": True,
        "deviceConnectivityManagement": {
            "usbDataAccess": "DISALLOW_USB_DATA_TRANSFER",
            "tetheringSettings": "DISALLOW_ALL_TETHERING",
            "bluetoothSharing": "BLUETOOTH_SHARING_DISALLOWED",
        },
        "bluetoothContactSharingDisabled": True,
        "outgoingBeamDisabled": True,
        "shareLocationDisabled": True,
        "assistContentPolicy": "ASSIST_CONTENT_DISALLOWED",
        "printingPolicy": "PRINTING_DISALLOWED",
        "addUserDisabled": True,
        "modifyAccountsDisabled": True,
    }
