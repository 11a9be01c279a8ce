"""IMEIs: fifteen digits with a check digit (3GPP TS 23.003 annex B)."""

from __future__ import annotations

TEST_RANGE = "00"
"""Reporting body of test equipment (GSMA TS.06): never the number of a sold phone."""


def of_test_range(number: int) -> str:
    """Return an IMEI of the test range with its check digit."""
    body = f"{TEST_RANGE}{number % 10**12:012d}"
    return body + check_digit(body)


def check_digit(body: str) -> str:
    """Return the Luhn digit of the fourteen digits before it."""
    total = 0
    for place, digit in enumerate(map(int, body)):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def valid(imei: str) -> bool:
    """Say whether these are fifteen ASCII digits, the last of which fits."""
    digits = len(imei) == 15 and imei.isascii() and imei.isdigit()
    return digits and check_digit(imei[:14]) == imei[14]
