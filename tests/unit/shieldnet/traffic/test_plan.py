from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

from shieldnet.imei import of_test_range
from shieldnet.sites import SECOND
from shieldnet.traffic.devices import Device, device
from shieldnet.traffic.draw import chances
from shieldnet.traffic.phrases import LANGUAGES, TOPICS
from shieldnet.traffic.plan import Planned, circle, planned
from shieldnet.traffic.settings import END, Settings
from shieldnet.traffic.texts import plate, subject, telephone, text

SMALL = Settings(devices=60, messages=600, seed=7)
FICTION = re.compile(
    r"\+44 7700 900\d{3}|\+1 416 555-01\d\d|\+33 6 39 98 \d\d \d\d|\+49 30 23125 \d{3}"
)


def everything(settings: Settings) -> list[Planned]:
    return [message for number in range(settings.slices) for message in planned(settings, number)]


def people(settings: Settings) -> list[Device]:
    return [device(settings, number) for number in range(settings.devices)]


@given(
    devices=st.integers(2, 40),
    messages=st.integers(1, 700),
    seed=st.integers(0, 99),
    months=st.integers(1, 11),
)
@how(max_examples=20, deadline=None)
def test_a_plan_holds_exactly_the_messages_asked_for_inside_its_period(
    devices: int, messages: int, seed: int, months: int
) -> None:
    settings = Settings(devices=devices, messages=messages, seed=seed, months=months)
    written = everything(settings)

    assert [message.number for message in written] == list(range(messages))
    assert all(settings.start * SECOND <= message.when < END * SECOND for message in written)


def test_the_same_seed_gives_the_same_plan() -> None:
    first = everything(SMALL)
    device.cache_clear()
    circle.cache_clear()

    assert everything(SMALL) == first


def test_another_seed_gives_another_plan() -> None:
    other = Settings(devices=60, messages=600, seed=8)

    assert {message.text for message in everything(other)} != {
        message.text for message in everything(SMALL)
    }


def test_everybody_who_writes_or_is_written_to_holds_a_device_and_a_key_at_that_time() -> None:
    for message in everything(SMALL):
        second = message.when // SECOND
        for number in (message.sender, *message.to):
            person = device(SMALL, number)

            assert person.tenure_at(second) is not None
            assert person.key_at(second).created <= second


def test_nobody_writes_to_themselves() -> None:
    assert not [message for message in everything(SMALL) if message.sender in message.to]


def test_message_ids_are_unique_and_references_point_back() -> None:
    seen: set[str] = set()
    for message in everything(SMALL):
        assert message.message_id not in seen
        assert seen.issuperset(message.references)
        seen.add(message.message_id)


def test_all_languages_topics_forms_and_signatures_occur() -> None:
    written = everything(Settings(devices=200, messages=3000))

    assert {message.language for message in written} == set(LANGUAGES)
    assert {message.topic for message in written} == set(TOPICS)
    assert {message.form for message in written} == {"pgp-mime", "inline", "attachment", "plain"}
    assert {message.signature for message in written} == {"good", "bad", "unknown signer", "none"}


def test_a_device_that_changes_hands_changes_keys() -> None:
    handed = [one for one in people(Settings()) if len(one.tenures) == 2]

    assert handed
    for person in handed:
        first, second = person.tenures
        assert first.until is not None
        assert first.until < second.since
        assert first.holder != second.holder
        assert person.key_at(first.since) != person.key_at(second.since)


def test_keys_are_present_missing_locked_and_revoked() -> None:
    states = {key.state for person in people(Settings()) for key in person.keys}

    assert states == {"present", "missing", "locked", "revoked"}


def test_keys_that_should_stay_shut_share_no_rsa_numbers_with_others() -> None:
    groups: dict[str, set[int]] = {}
    for person in people(Settings(devices=400)):
        for key in person.keys:
            groups.setdefault(key.access, set()).update(key.pool)

    assert not groups["open"] & groups["none"]
    assert not groups["open"] & groups["locked"]
    assert not groups["none"] & groups["locked"]


@given(st.integers(0, 10**9))
def test_imeis_are_in_the_test_range_and_their_check_digit_fits(number: int) -> None:
    digits = [int(digit) for digit in of_test_range(number)]
    total = sum(digits[-1::-2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])

    assert len(digits) == 15
    assert digits[:2] == [0, 0]
    assert total % 10 == 0


@given(st.integers(), st.sampled_from(sorted(LANGUAGES)))
def test_telephone_numbers_and_plates_belong_to_nobody(seed: int, language: str) -> None:
    chance = chances(seed, "test")

    assert FICTION.fullmatch(telephone(chance, language))
    assert re.fullmatch(r"Q[A-Z]-\d{3}-Q", plate(chance))


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_no_slot_is_left_unfilled(language: str, topic: str) -> None:
    for number in range(40):
        chance = chances(number, "text")
        written = text(chance, language, topic) + subject(chance, language, topic)

        assert "{" not in written
        assert written.strip()
