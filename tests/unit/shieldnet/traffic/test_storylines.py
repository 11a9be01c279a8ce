from __future__ import annotations

import re
import tomllib
from collections import Counter, defaultdict
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

from shieldnet.sites import SECOND
from shieldnet.traffic.devices import device
from shieldnet.traffic.draw import chances
from shieldnet.traffic.orders import Table, toml, write_orders
from shieldnet.traffic.phrases import LANGUAGES
from shieldnet.traffic.plan import Planned, planned
from shieldnet.traffic.settings import END, Settings
from shieldnet.traffic.storylines import SCRIPTS
from shieldnet.traffic.storylines.cast import by_member, storylines
from shieldnet.traffic.storylines.model import Script
from shieldnet.traffic.storylines.wording import (
    container,
    facts,
    filled,
    mistyped,
    spelt_phone,
    spelt_plate,
    spelt_sum,
)

NETWORK = Settings(devices=300, messages=6000, seed=5)
SLOT = re.compile(r"\{(\w+)\}")


def everything(settings: Settings) -> list[Planned]:
    return [message for number in range(settings.slices) for message in planned(settings, number)]


@pytest.fixture(scope="module")
def written() -> list[Planned]:
    return everything(NETWORK)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.2, 0.3])
def test_the_share_asked_for_belongs_to_storylines(share: float) -> None:
    settings = Settings(devices=400, messages=12_000, seed=2, storylines=share)
    told = sum(bool(message.storyline) for message in everything(settings))

    assert abs(told - share * settings.messages) <= 0.02 * share * settings.messages + 4


def test_both_storylines_are_told_and_all_their_languages_occur(written: list[Planned]) -> None:
    by_name: dict[str, set[str]] = defaultdict(set)
    for message in written:
        if message.storyline:
            by_name[message.storyline].add(message.language)

    assert by_name == {"harbour": {"nl", "en", "es"}, "vault": {"nl", "en"}}


def test_only_members_write_and_read_a_storyline_inside_its_period_and_their_tenure(
    written: list[Planned],
) -> None:
    named = {storyline.name: storyline for storyline in storylines(NETWORK)}
    for message in written:
        if not message.storyline:
            continue
        storyline, second = named[message.storyline], message.when / SECOND
        since = {member.number: member.since for member in storyline.members}

        assert storyline.since <= second < storyline.until
        assert all(since[number] <= second for number in (message.sender, *message.to))


def test_nobody_plays_in_two_storylines() -> None:
    for settings in (NETWORK, Settings(devices=400, messages=80_000)):
        numbers = [m.number for one in storylines(settings) for m in one.members]

        assert len(numbers) == len(set(numbers))


def test_one_phone_of_each_crew_had_an_innocent_holder_before(written: list[Planned]) -> None:
    for storyline in storylines(NETWORK):
        [member] = [member for member in storyline.members if member.role.reissued]
        person = device(NETWORK, member.number)
        before = [
            message
            for message in written
            if member.number in (message.sender, *message.to)
            and message.when / SECOND < member.since
        ]

        assert len(person.tenures) == 2
        assert person.tenures[1].since == member.since
        assert before
        assert not [message for message in before if message.storyline]


def test_members_phones_hold_innocent_messages_too(written: list[Planned]) -> None:
    members = by_member(NETWORK)
    innocent = Counter(
        number
        for message in written
        if not message.storyline
        for number in (message.sender, *message.to)
        if number in members
    )

    assert len(innocent) >= len(members) * 3 // 4


def test_innocent_messages_use_the_same_words_on_members_phones_and_elsewhere(
    written: list[Planned],
) -> None:
    members = by_member(NETWORK)
    decoys = [message for message in written if message.decoy]
    near = [m for m in decoys if members.keys() & {m.sender, *m.to}]

    assert {message.decoy for message in decoys} == {"harbour", "vault"}
    assert not [message for message in decoys if message.storyline]
    assert 0 < len(near) < len(decoys)


def test_some_words_of_the_order_stand_in_few_of_the_messages(written: list[Planned]) -> None:
    """Recall of the plain words is far from one, and not nothing; precision too."""
    for script in SCRIPTS:
        plain = re.findall(r"\b[a-z]{4,}\b", " ".join(script.order.terms))
        term = re.compile(r"\b(" + "|".join(plain) + r")", re.IGNORECASE)
        story = [m for m in written if m.storyline == script.name]
        hits = [m for m in written if term.search(m.text)]
        found = [m for m in story if term.search(m.text)]

        assert 0.15 < len(found) / len(story) < 0.85
        assert len(found) < len(hits)


def test_plates_and_amounts_occur_in_several_spellings(written: list[Planned]) -> None:
    for storyline in storylines(NETWORK):
        bare = storyline.facts.plate.replace("-", "").lower()
        texts = " | ".join(m.text for m in written if m.storyline == storyline.name)
        shape = "[- ]?".join(re.findall("[a-z]+|[0-9]+", bare))
        found = set(re.findall(shape, texts, re.IGNORECASE))

        assert len(found) >= 3


def test_storylines_write_in_groups_and_pairs_and_in_threads(written: list[Planned]) -> None:
    for storyline in storylines(NETWORK):
        told = [message for message in written if message.storyline == storyline.name]
        groups = {message.group for message in told if message.group}

        assert groups <= set(storyline.groups)
        assert groups
        assert [message for message in told if message.group is None]
        assert [message for message in told if len(message.references) > 2]


def test_messages_of_storylines_stand_at_no_special_place_in_a_slice(
    written: list[Planned],
) -> None:
    places = [message.number % 250 for message in written if message.storyline]

    assert min(places) < 40
    assert max(places) > 210
    assert 100 < sum(places) / len(places) < 150


def test_the_same_seed_gives_the_same_storylines_and_orders(
    written: list[Planned], tmp_path: Path
) -> None:
    for name in ("first", "second"):
        storylines.cache_clear()
        by_member.cache_clear()
        device.cache_clear()
        (tmp_path / name).mkdir()
        write_orders(NETWORK, tmp_path / name)
    orders = [
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        for name in ("first", "second")
    ]

    assert everything(NETWORK) == written
    assert orders[0] == orders[1]


def test_a_great_network_has_several_crews_of_each() -> None:
    settings = Settings(devices=2000, messages=80_000)
    names = {storyline.name for storyline in storylines(settings)}

    assert names == {"harbour", "harbour 2", "vault", "vault 2"}


@given(
    devices=st.integers(2, 60),
    messages=st.integers(1, 600),
    seed=st.integers(0, 99),
    share=st.floats(0, 0.3),
)
@how(max_examples=25, deadline=None)
def test_small_networks_never_tell_more_than_they_should(
    devices: int, messages: int, seed: int, share: float
) -> None:
    settings = Settings(devices=devices, messages=messages, seed=seed, storylines=share)
    told = sum(bool(message.storyline) for message in everything(settings))

    assert told <= share * messages + 1e-6


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_every_line_can_be_filled_in_every_language_of_every_role(script: Script) -> None:
    chance = chances(1, "lines")
    known = facts(chance, script)
    for role, phase in ((role, phase) for role in script.roles for phase in script.phases):
        assert all(phase.lines[code] and script.replies[code] for code in role.languages)
    for code, words in script.words.items():
        lines = chain(
            script.replies[code],
            script.decoys.get(code, ()),
            *(phase.lines[code] for phase in script.phases),
        )
        for line in lines:
            text = filled(chance, line, words, known, ("otter",), code)

            assert not SLOT.search(text)


@given(st.integers())
def test_numbers_and_plates_of_storylines_belong_to_nobody(seed: int) -> None:
    chance = chances(seed, "facts")
    known = facts(chance, SCRIPTS[0])

    assert re.fullmatch(r"Q[A-Z]-\d{3}-Q", known.plate)
    assert re.fullmatch(r"Q[A-Z]-\d{3}-Q", known.plate2)
    assert re.fullmatch(r"\+44 7700 900\d{3}", known.phone)
    assert re.fullmatch(r"XX00 TEST 0000 \d{4}", known.account)
    assert re.fullmatch(r"QQQT \d{6}-\d", container(chance))


@given(st.integers())
def test_every_spelling_of_a_plate_or_number_is_still_the_same(seed: int) -> None:
    chance = chances(seed, "spelling")
    known = facts(chance, SCRIPTS[1])
    plate = re.sub(r"[- ]", "", spelt_plate(chance, known.plate)).upper()
    phone = re.sub(r"\D", "", spelt_phone(chance, known.phone))

    assert plate == known.plate.replace("-", "")
    assert re.sub(r"\D", "", known.phone).endswith(phone.lstrip("0"))


@given(st.sampled_from((26_500, 75_000, 1200)), st.sampled_from(("nl", "en", "es")), st.integers())
def test_every_spelling_of_a_sum_is_the_same_sum(euros: int, language: str, seed: int) -> None:
    spelt = spelt_sum(chances(seed, "sum"), euros, language)
    figures = re.sub(r"[^\d.,]", "", spelt).rstrip(",.")
    if re.search(r"k|K|duizend|grand|mil", spelt):
        value = float(figures.replace(",", ".")) * 1000
    else:
        value = float(re.sub(r"[.,]", "", figures))

    assert value == euros


@given(st.text(max_size=60), st.integers())
def test_mistyping_keeps_digits_and_never_fails(text: str, seed: int) -> None:
    kept = re.sub(r"\D", "", mistyped(chances(seed, "typing"), text))

    assert kept == re.sub(r"\D", "", text)


def test_sample_orders_are_toml_and_name_what_the_registry_names(tmp_path: Path) -> None:
    write_orders(NETWORK, tmp_path)
    orders = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in tmp_path.iterdir()}
    people = [device(NETWORK, number) for number in range(NETWORK.devices)]
    addresses = {person.address for person in people}
    serials = {person.serial for person in people}

    assert set(orders) == {"harbour", "vault", "company"}
    assert len({order["investigation"] for order in orders.values()}) == 3
    for order in orders.values():
        for clause in order["clause"]:
            assert addresses.issuperset(clause.get("accounts", ()))
            assert serials.issuperset(clause.get("devices", ()))
            assert clause["from"] < clause["until"]


def test_sample_orders_leave_some_members_and_the_earlier_holder_out(tmp_path: Path) -> None:
    write_orders(NETWORK, tmp_path)
    for storyline in storylines(NETWORK):
        order = tomllib.loads((tmp_path / f"{storyline.name}.toml").read_text("utf-8"))
        named = {name for clause in order["clause"] for name in clause.get("accounts", ())}
        named |= {name for clause in order["clause"] for name in clause.get("devices", ())}
        known = [member for member in storyline.members if member.role.known]
        [moved] = [clause for clause in order["clause"] if "devices" in clause]
        [member] = [member for member in known if member.role.reissued]
        earlier = device(NETWORK, member.number).tenures[0]

        assert len(named) == len(known) < len(storyline.members)
        assert earlier.until is not None
        assert moved["from"].timestamp() > earlier.until


def test_an_order_is_toml_whatever_its_texts_contain() -> None:
    table: Table = {"name": 'a "quoted" \\ text\nin two lines', "terms": ["❄️", '"x y"', "\x01"]}

    assert tomllib.loads(toml({}, [table]))["clause"] == [table]


def test_a_network_ends_before_the_servers_were_taken_whatever_is_told(
    written: list[Planned],
) -> None:
    assert max(message.when for message in written) < END * SECOND
    assert {message.language for message in written} == set(LANGUAGES)
