"""Profiles use published names only, with values of the published types."""

from __future__ import annotations

import json
import plistlib
from pathlib import Path
from typing import Any

import pytest

from shieldnet.errors import SettingsError
from shieldnet.profiles import Settings, policy, profile

CORPUS = Path(__file__).parents[2] / "corpus/profiles"
ANDROID = json.loads((CORPUS / "android_names.json").read_text("utf-8"))["schemas"]
APPLE = json.loads((CORPUS / "apple_names.json").read_text("utf-8"))
SETTINGS = Settings(organisation="Havenbedrijf Noord", failed_unlocks=8, apps=("org.osm.maps",))
TYPES: dict[str, Any] = {"boolean": bool, "integer": int, "string": str, "array": list}


def faults(value: Any, name: str, where: str) -> list[str]:
    """Return what of a value the published schema does not know, or knows as deprecated."""
    found = []
    for key, inner in value.items():
        known = ANDROID[name].get(key)
        if known is None or known.get("deprecated"):
            found.append(f"{where}.{key}: unknown or deprecated")
        elif "$ref" in known:
            found += faults(inner, known["$ref"], f"{where}.{key}")
        else:
            found += _plain(inner, known, f"{where}.{key}")
    return found


def _plain(value: Any, known: dict[str, Any], where: str) -> list[str]:
    if type(value) is not TYPES[known["type"]]:
        return [f"{where}: not {known['type']}"]
    if "enum" in known and value not in known["enum"]:
        return [f"{where}: {value} unknown"]
    if known["type"] != "array":
        return []
    items: dict[str, Any] = known["items"]
    found: list[str] = []
    for one in value:
        found += faults(one, items["$ref"], where) if "$ref" in items else _plain(one, items, where)
    return found


def test_every_field_and_value_of_the_android_policy_is_published() -> None:
    assert faults(policy(SETTINGS), "Policy", "policy") == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"cameraAcces": True}, "policy.cameraAcces: unknown or deprecated"),
        ({"cameraDisabled": True}, "policy.cameraDisabled: unknown or deprecated"),
        ({"cameraAccess": "OFF"}, "policy.cameraAccess: OFF unknown"),
        ({"smsDisabled": 1}, "policy.smsDisabled: not boolean"),
    ],
)
def test_the_check_finds_a_wrong_name_and_a_wrong_value(change: Any, fault: str) -> None:
    assert faults(policy(SETTINGS) | change, "Policy", "policy") == [fault]


def test_the_android_policy_says_what_it_is_for() -> None:
    made = policy(SETTINGS)

    assert made["cameraAccess"] == "CAMERA_ACCESS_DISABLED"
    assert made["microphoneAccess"] == "MICROPHONE_ACCESS_DISABLED"
    assert made["backupService"] == "BACKUP_SERVICE_DISABLED"
    assert made["passwordPolicies"][0]["maximumFailedPasswordsForWipe"] == 8
    assert made["playStoreMode"] == "WHITELIST"
    assert [app["packageName"] for app in made["applications"]] == [
        "com.b44t.messenger",
        "org.osm.maps",
    ]


def test_every_key_of_the_apple_profile_is_published_and_in_range() -> None:
    made = plistlib.loads(profile(SETTINGS))
    common = {"PayloadType", "PayloadVersion", "PayloadIdentifier", "PayloadUUID"}
    for payload in made["PayloadContent"]:
        known = APPLE[payload["PayloadType"]]
        keys = set(payload) - common - {"PayloadDisplayName"}

        assert keys <= set(known)
        assert [
            key
            for key in keys
            if isinstance(known[key], list) and not known[key][0] <= payload[key] <= known[key][1]
        ] == []


def test_the_apple_profile_turns_off_what_can_be_and_says_what_cannot() -> None:
    made = plistlib.loads(profile(SETTINGS))
    restrictions = made["PayloadContent"][0]

    assert restrictions["allowCamera"] is False
    assert restrictions["allowCloudBackup"] is False
    assert restrictions["allowListedAppBundleIDs"][0] == "chat.delta"
    assert made["PayloadContent"][1]["maxFailedAttempts"] == 8
    assert "no setting that turns the microphone off" in made["PayloadDescription"]
    assert profile(SETTINGS) == profile(SETTINGS)


@pytest.mark.parametrize(
    "wrong", [{"organisation": " "}, {"failed_unlocks": 3}, {"apps": ("no name",)}]
)
def test_settings_that_cannot_be_are_refused(wrong: Any) -> None:
    with pytest.raises(SettingsError):
        Settings(**({"organisation": "x"} | wrong))
