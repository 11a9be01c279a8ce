"""Delta Chat's core on two live sites: what people's real phones do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from shieldnet.devices import enrol
from tests.deltachat import App, Core
from tests.live import Live, eventually

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("live")]


@dataclass
class Pair:
    ams: App
    yyz: App
    chat: int
    """At ams, with yyz: met by QR code."""
    back: int
    """At yyz, with ams."""


@pytest.fixture(scope="module")
def cores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Core, Core]]:
    folder = tmp_path_factory.mktemp("apps")
    pair = Core(folder / "one"), Core(folder / "two")
    yield pair
    for core in pair:
        core.close()


def app(live: Live, core: Core, where: str) -> App:
    address, code = live.device(where)
    login = enrol(live.network, code)
    return App(core, live.network.site(where), address, login.password)


@pytest.fixture(scope="module")
def pair(live: Live, cores: tuple[Core, Core]) -> Pair:
    ams, yyz = app(live, cores[0], "ams"), app(live, cores[1], "yyz")
    chat = ams.meet(yyz)
    ams.write(chat, "are you there?")
    back = yyz.accept(yyz.wait_for("are you there?"))
    return Pair(ams, yyz, chat, back)


def test_two_phones_meet_by_qr_code_across_sites_and_write_both_ways(pair: Pair) -> None:
    pair.yyz.write(pair.back, "ja, hier 🌷")
    there = pair.yyz.got("are you there?")
    here = pair.ams.wait_for("ja, hier 🌷")

    assert there is not None
    assert (there["showPadlock"], here["showPadlock"]) == (True, True)
    assert pair.ams.core.get_basic_chat_info(pair.ams.account, pair.chat)["isEncrypted"] is True


def test_a_file_arrives_as_it_was(pair: Pair, tmp_path: Path) -> None:
    sent = tmp_path / "plan of the quay.bin"
    sent.write_bytes(bytes(range(256)) * 500)
    pair.ams.write(pair.chat, "the plan", sent)
    found = pair.yyz.wait_for("the plan")
    eventually(lambda: (pair.yyz.got("the plan") or {})["downloadState"] == "Done")

    assert Path(found["file"]).read_bytes() == sent.read_bytes()


def test_a_group_of_three_hears_everybody(live: Live, cores: tuple[Core, Core], pair: Pair) -> None:
    third = app(live, cores[0], "yyz")
    with_third = pair.ams.meet(third)
    core, account = pair.ams.core, pair.ams.account
    group = core.create_group_chat(account, "the quay", False)
    for chat in (pair.chat, with_third):
        for contact in core.get_chat_contacts(account, chat):
            core.add_contact_to_chat(account, group, contact)
    pair.ams.write(group, "welcome, both")
    at_third = third.accept(third.wait_for("welcome, both"))
    pair.yyz.wait_for("welcome, both")
    third.write(at_third, "thank you")

    assert all(one.wait_for("thank you")["showPadlock"] for one in (pair.ams, pair.yyz))


def test_a_disappearing_message_is_gone_from_both_phones(pair: Pair) -> None:
    core, account = pair.ams.core, pair.ams.account
    core.set_chat_ephemeral_timer(account, pair.chat, 2)
    pair.ams.write(pair.chat, "burn this")
    pair.yyz.wait_for("burn this")
    pair.yyz.core.markseen_msgs(pair.yyz.account, [(pair.yyz.got("burn this") or {"id": 0})["id"]])
    pair.yyz.until(lambda: pair.yyz.got("burn this") is None)
    pair.ams.until(lambda: pair.ams.got("burn this") is None)
    core.set_chat_ephemeral_timer(account, pair.chat, 0)

    assert pair.yyz.got("are you there?") is not None


def test_the_servers_hold_nothing_but_openpgp_of_it_all(live: Live, pair: Pair) -> None:
    mails = [
        path.read_bytes()
        for one in live.network.sites.values()
        for path in one.mail.glob("*/Maildir/**/*,S=*")
        if any(name in str(path) for name in (pair.ams.address, pair.yyz.address))
    ]
    words = (b"are you there?", b"the plan", b"burn this", b"the quay", b"welcome")

    assert len(mails) >= 6
    assert not [word for mail in mails for word in words if word in mail]
    assert all(b"-----BEGIN PGP MESSAGE-----" in mail for mail in mails)
