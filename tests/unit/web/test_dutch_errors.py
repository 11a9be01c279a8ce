"""Errors as a Dutch reader meets them, on the pages themselves: no sentence is left in English."""

from __future__ import annotations

import html
import re
import shutil
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.journeys.cases import done
from tests.people import enrolled
from tests.unit.web.test_casework_pages import Desk, case  # noqa: F401
from tests.unit.web.test_tray_pages import PLAIN
from tests.web import Browser
from zegel import service
from zegel.investigation import Investigation
from zegel.people.sessions import Session
from zegel.service.place import place_of
from zegel.text import query as queries
from zegel.web import security

DUTCH = {"accept-language": "nl"}


def dutch(answer: httpx2.Response, status: int) -> str:
    """Return the words of a page that has no English in it."""
    assert answer.status_code == status, answer.text[:500]
    assert '<html lang="nl">' in answer.text
    assert re.findall(r'<(?!option\b)[^>]*lang="en".{0,200}', answer.text) == []
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", answer.text)).split())


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse a login without the wait that hides what was wrong."""
    monkeypatch.setattr(security, "REFUSED_AFTER", 0.0)


@pytest.fixture(scope="module")
def apart(untouched: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the case that no other module changes."""
    return Path(shutil.copytree(untouched, tmp_path_factory.mktemp("apart") / "case"))


@pytest.fixture
def ann(apart: Path, heron: str) -> tuple[Browser, str]:
    """Return somebody logged in whose browser asks for Dutch, and where the investigation is."""
    browser = Browser(case=apart)
    browser.client.headers.update(DUTCH)
    browser.log_in("ann", heron)
    return browser, f"/i/{browser.key_of(heron)}"


FAULTS = {
    "-boot": "om iets uit te sluiten zet u er NOT voor",
    "boot|haven": "voor het een of het ander schrijft u OR",
    "b?ot": "? staat nergens voor",
    "b*ot": "* staat alleen aan het eind van een woord",
    "bo~1t": "~ staat alleen aan het eind van een woord, als ~1",
    "boot^2": "dit teken betekent hier niets",
    "boten/NL": "schrijf de taal met kleine letters, als /nl",
    "boot~": "zeg hoe ver: ~1",
    "boot-haven*": "*, ~1 en /nl staan achter één enkel woord",
    "b*": "te kort: ten minste 2 letters",
    "boot or haven": 'schrijf OR in hoofdletters, of "or" als het woord zelf bedoeld is',
    "boten/xx": "geen woordstammen voor xx (wel voor: ",
    "?!": "? staat nergens voor",
    "!!!": "hier staat geen woord, emoji of getal",
    "NOT " * 22 + "boot": "meer dan 20 diep genest",
    "boot AND": "er ontbreekt een zoekterm",
    "boot " * 201: "meer dan 200 zoektermen",
    "(boot": "dit haakje wordt niet gesloten",
    '"boot"haven': "direct na een aanhalingsteken mag niets volgen",
    "bcc:anna": "dit veld bestaat niet: bcc (wel: account, after,",
    '"boot': "een aanhalingsteken wordt niet gesloten",
    "boot)": "een haakje sluit dat nooit geopend is",
    "NOT boot": "zegt alleen wat u niet wilt; zeg wat u wel zoekt",
    "a" * 4001: "langer dan 4000 tekens",
    "hour:25": 'hour:25 is geen uur; schrijf 22 of "22 Europe/Amsterdam"',
    'hour:"25 Europe/Amsterdam"': "hour:25 Europe/Amsterdam is geen uur",
    "weekday:zat": "weekday:zat is geen weekdag",
    "after:gisteren": "after:gisteren is geen datum",
    'has:""': "has: vraagt om niets",
    "has:pony": "has:pony betekent hier niets; bij has: past attachment, text,",
}
"""One of each kind of query that cannot be read."""


@pytest.mark.parametrize("query", FAULTS, ids=lambda query: query[:12])
def test_a_query_that_cannot_be_read_is_explained_in_dutch(
    ann: tuple[Browser, str], query: str
) -> None:
    browser, at = ann
    answer = browser.follow(browser.post(f"{at}/search", {"q": query}))
    said = dutch(answer, 400)

    assert FAULTS[query] in said
    assert "van de zoekvraag" in said
    assert "docs/reference/terms.md" in said


def test_every_kind_of_fault_is_among_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as the grammar has, however a query is read."""
    met = set()
    made = queries.QueryError.__init__

    def noted(self: queries.QueryError, why: str, query: str, position: int) -> None:
        met.add(re.sub(r'[A-Z]{2,3} in capitals, or "\w+"|\d+|\b(bcc|xx)\b|\(.*\)', "", why))
        made(self, why, query, position)

    monkeypatch.setattr(queries.QueryError, "__init__", noted)
    for query in FAULTS:
        if not re.match("hour|weekday|after|has", query):
            with pytest.raises(queries.QueryError):
                queries.parse(query)
    assert len(met) == len(queries._FOREIGN) + 16


def test_the_faults_of_a_list_of_terms_are_dutch(ann: tuple[Browser, str]) -> None:
    browser, at = ann
    handed = browser.post(f"{at}/terms", {"text": "haven\n(boot\nhas:pony"})
    said = dutch(browser.follow(handed), 200)

    assert "dit haakje wordt niet gesloten, bij teken 1 van de zoekvraag" in said
    assert "has:pony betekent hier niets" in said


ASKED: list[tuple[str, str, dict[str, Any] | None, int, str]] = [
    ("a page that is no number", "/s/{state}?page=x", None, 400,
     "page is een geheel getal van 1 tot en met 1000000."),
    ("an unknown search", "/s/" + "0" * 32, None, 400, "deze zoekopdracht bestaat hier niet."),
    ("an unknown message", "/m/99", None, 400, "dit bericht is hier niet."),
    ("an unknown attachment", "/m/1/attachment/7", None, 400,
     "het bericht heeft deze bijlage niet."),
    ("a word that does not fit", "/network/hours?by=x", None, 404, "Volg liever een verwijzing."),
    ("no terms", "/terms", {"text": ""}, 400, "de lijst met zoektermen is leeg."),
    ("nothing ticked", "/casework/many",
     {"scope": "ticked", "do": "tag", "value": "x", "seen": "0"}, 400,
     "er is geen bericht gekozen. Vink er een paar aan, of zoek andere."),
    ("a field that lacks", "/m/1/say", {}, 400, "in het formulier ontbreekt 'kind'. Ga terug"),
    ("a field too long", "/search", {"q": "a" * 20_001}, 400, "heeft meer dan"),
    ("a tag it does not bear", "/m/1/say", {"kind": "untag", "value": "x", "seen": "0"}, 400,
     "het bericht heeft het label 'x' niet."),
    ("an empty tag", "/m/1/say", {"kind": "tag", "value": "", "seen": "0"}, 400,
     "wat u zegt (tag) heeft 1 tot 100 tekens."),
    ("a form of nobody", "/search", {"q": "boot", "csrf": "0" * 64}, 400,
     "dit formulier hoort niet bij uw sessie. Open de pagina opnieuw."),
    ("an act in no tray", "/tray/own/change", {"m": "1", "do": "burn"}, 400,
     "in een bakje worden berichten verplaatst"),
    ("an empty tray", "/tray/own/dossier", PLAIN, 400,
     "het bakje is leeg. Leg er eerst berichten in."),
    ("an unknown dossier", "/dossiers/" + "0" * 16, None, 400, "dit dossier is hier niet."),
]  # fmt: skip


@pytest.mark.parametrize(("path", "fields", "status", "words"), [one[1:] for one in ASKED],
                         ids=[one[0] for one in ASKED])  # fmt: skip
def test_what_does_not_fit_is_said_in_dutch(
    ann: tuple[Browser, str], path: str, fields: dict[str, Any] | None, status: int, words: str
) -> None:
    browser, at = ann
    found = browser.post(f"{at}/search", {"q": "haven"}).headers["location"]
    path = at + path.format(state=found.split("/s/")[1])
    said = dutch(browser.get(path) if fields is None else browser.post(path, fields), status)

    assert words in said


def test_a_form_that_is_no_form_is_refused_in_dutch(ann: tuple[Browser, str]) -> None:
    browser, at = ann
    sent = browser.client.post(
        f"{at}/search",
        content=b"x",
        headers={"content-type": "multipart/form-data", "origin": "http://localhost"},
    )
    long = browser.post(f"{at}/search", {"q": "a" * 300_000})
    wrong = browser.client.post(f"{at}/about", content=b"", headers={"origin": "http://localhost"})

    assert "het formulier zegt niet waar zijn delen eindigen." in dutch(sent, 400)
    assert "het formulier is te groot." in dutch(long, 413)
    assert "dit adres beantwoordt dit soort verzoek niet." in dutch(wrong, 405)


def test_what_the_guard_refuses_is_a_dutch_line(ann: tuple[Browser, str]) -> None:
    browser, at = ann
    other = browser.client.post(f"{at}/search", headers={"origin": "http://elsewhere"})

    assert other.text == "Dit formulier kwam van een andere site.\n"
    assert browser.get("/", host="elsewhere").text == "Deze server heeft een andere naam.\n"


def test_who_gets_no_further_reads_why_in_dutch(tmp_path: Path) -> None:
    guarded = service.init_case(tmp_path / "case")
    enrolled(guarded, vries="magistrate")
    browser = Browser(case=guarded.folder)
    browser.client.headers.update(DUTCH)
    wrong = browser.log_in("vries", "case", signature="AAAA", challenge="x")
    nobody = browser.log_in("piet", "case", password="x")
    nameless = browser.log_in("", "case")
    code = browser.log_in("", "case", code="0" * 20)
    at = f"/c/{browser.key_of('case')}"
    browser.client.cookies.set(f"zegel-{at[3:]}", "0" * 64)
    ended = browser.get(at)
    began = Session(name="vries", how="key", purpose="een proef", began_ns=time.time_ns())
    token = place_of(guarded).sessions.begin(began)
    browser.client.cookies.set(f"zegel-{at[3:]}", token)
    refused = browser.post(f"{at}/process", {"csrf": security.csrf_token(token)})

    assert "deze tekst om te ondertekenen is hier niet gegeven, of is al beantwoord." in dutch(
        wrong, 401
    )
    assert "naam, wachtwoord of sleutel is onjuist." in dutch(nobody, 401)
    assert "er is een naam nodig, of een code van `zegel login --browser`." in dutch(nameless, 400)
    assert "deze code is hier niet gegeven, of is al gebruikt." in dutch(code, 401)
    assert "deze sessie is hier niet bekend, of is beëindigd." in dutch(ended, 401)
    assert "'vries' (rechter-commissaris) heeft geen recht op deze handeling:" in dutch(
        refused, 403
    )


@pytest.mark.slow
def test_an_investigation_that_is_over_says_so_in_dutch(case: Path, heron: str) -> None:  # noqa: F811
    done("withdraw", heron, "--reason", "no suspicion <i>", "--case", case)
    browser = Browser(case=case)
    browser.client.headers.update(DUTCH)
    browser.log_in("ann", heron)
    at = f"/i/{browser.key_of(heron)}"
    search = browser.post(f"{at}/search", {"q": "haven"})
    said = dutch(browser.follow(search), 403)
    about = dutch(browser.get(f"{at}/about"), 200)

    assert re.search(
        r"het onderzoek is niet open: het onderzoek is ingetrokken op [-0-9]+ [:0-9]+ UTC:"
        r" no suspicion <i>\.",
        said,
    )
    assert "het onderzoek is ingetrokken op" in about


def test_two_people_who_say_otherwise_read_it_in_dutch(case: Path, heron: str) -> None:  # noqa: F811
    desk = Desk(case, heron)
    seen = desk.seen(desk.ann)
    desk.say(desk.bob, "relevance", "not relevant", seen)
    desk.ann.client.headers.update(DUTCH)
    met = desk.say(desk.ann, "relevance", "relevant", seen)

    assert "bob" in dutch(met, 409)


def test_a_damaged_investigation_is_damaged_in_dutch_too(case: Path, heron: str) -> None:  # noqa: F811
    browser = Browser(case=case)
    browser.client.headers.update(DUTCH)
    browser.log_in("ann", heron)
    at = f"/i/{browser.key_of(heron)}"
    inv = Investigation.open(case / "investigations" / heron)
    (inv.folder / "order.toml").write_bytes(inv.order + b"\n")

    assert "is niet meer zoals toen het logboek het opnam. Laat alles zoals het is;" in dutch(
        browser.get(f"{at}/search"), 422
    )


def test_a_fault_of_the_program_says_dutch_words_around_its_line(
    ann: tuple[Browser, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, at = ann

    def broken(*_: object, **__: object) -> None:
        raise KeyError("haven")

    monkeypatch.setattr(service, "whoami", broken)
    said = dutch(browser.get(f"{at}/about"), 500)

    assert "KeyError, may:" in said
    assert "haven" not in said
