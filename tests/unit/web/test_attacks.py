"""What somebody who means ill sends: refused in words that tell nothing they should not."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.web import ORIGIN, Browser
from zegel.people import sessions
from zegel.service.place import place_of
from zegel.web import login
from zegel.web.forms import LONGEST_FIELD, MOST_FIELDS
from zegel.web.language import Reader, known_zone
from zegel.web.login import _back
from zegel.web.pages import hostile, visible
from zegel.web.security import Guard

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def inside(browser: Browser, heron: str) -> tuple[Browser, str]:
    """Return a browser at which somebody is logged in, and the path of their investigation."""
    browser.log_in("ann", heron)
    return browser, f"/i/{browser.key_of(heron)}"


# ── addresses ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/app.py", "/static/..",
        "/static/..%5capp.py", "/static/zegel.css%00", "/static/zegel.css%00.css", "/static/.css",
        "/static//etc/passwd", "/static/%2fetc%2fpasswd.css", "/static/app.py", "/static/",
        "/static/zegel.css/", "/static/ZEGEL.CSS", "/static/" + "a" * 300 + ".css",
        "/%00", "/i/%00/about", "/i/..%2f..%2fetc/about", "/c/%ff%fe",
        "/i/" + "0" * 16 + "/about%0d",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_what_is_served(browser: Browser, path: str) -> None:
    answer = browser.get(path)

    assert answer.status_code in (307, 401, 404)
    assert "import" not in answer.text
    assert "Traceback" not in answer.text


def test_a_part_of_a_path_may_be_any_character(inside: tuple[Browser, str]) -> None:
    browser, base = inside
    for part in ("%00", "%ff", "%0d%0aset-cookie:x=1", "..%2f", "%F0%9F%92%A9", "'--", "-1", "1e9"):
        for path in (f"{base}/{part}", f"{base}/m/{part}", f"{base}/s/{part}"):
            answer = browser.get(path)
            assert answer.status_code in (307, 401, 404, 400, 422), path
            assert "set-cookie" not in {*answer.headers} or "x=1" not in str(answer.headers), path


def test_a_head_has_no_body_and_the_headers_of_a_get(inside: tuple[Browser, str]) -> None:
    browser, base = inside
    answer = browser.client.head(f"{base}/about")

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PUT", "DELETE", "PATCH", "CONNECT", "X"])
def test_no_other_method_is_understood_and_no_other_site_is_told_of_any(
    browser: Browser, method: str
) -> None:
    answer = browser.client.request(method, "/login", headers={"origin": "http://evil.example"})

    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "localhost.evil.example", "evil.example:80", "[::1].evil.example",
     "localhost@evil.example", "127.0.0.1.nip.io", "[::]", "localhost:80:80"],
)  # fmt: skip
def test_a_name_that_is_rebound_to_this_machine_is_refused(browser: Browser, host: str) -> None:
    assert browser.get("/login", host=host).status_code == 421


@given(st.text(max_size=80))
def test_the_way_back_never_leaves_this_server(path: str) -> None:
    back = _back(path)

    assert re.fullmatch(r"/|/[^/\\][!-\[\]-~ ]*", back), back


# ── forms ──────────────────────────────────────────────────────────────────────────────────────


def test_a_form_without_a_length_or_in_pieces_is_refused_unread(browser: Browser) -> None:
    def endless() -> Iterator[bytes]:
        yield b"name="
        raise AssertionError("it was read")

    headers = {"origin": ORIGIN, "content-type": "application/x-www-form-urlencoded"}
    assert browser.client.post("/login", content=b"", headers=headers).status_code in (400, 401)
    for more in ({"content-length": "5", "transfer-encoding": "chunked"}, {"content-length": "x"}):
        answer = browser.client.post("/login", content=b"name=", headers={**headers, **more})
        assert answer.status_code == 413, more


def test_a_form_of_very_many_fields_or_files_is_refused(browser: Browser) -> None:
    headers = {"origin": ORIGIN, "content-type": "application/x-www-form-urlencoded"}
    fields = b"&".join([b"a"] * (MOST_FIELDS + 1))
    files = {f"f{number}": (f"f{number}", b"x") for number in range(6)}

    assert browser.client.post("/login", content=fields, headers=headers).status_code == 400
    assert browser.post("/login", {}, files=files, token=False).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b"--b\r\n" * 1000,
        b"--b\r\nContent-Disposition: form-data; name=" + b"n" * 10_000,
        b"--b\r\n" + b"X: y\r\n" * 5000 + b"\r\n--b--",
        b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\n\xff\xfe\0\r\n--b--\r\n',
        b"--b--",
        b"",
    ],
)
def test_a_broken_multipart_form_is_refused_in_words(browser: Browser, body: bytes) -> None:
    headers = {"origin": ORIGIN, "content-type": "multipart/form-data; boundary=b"}
    answer = browser.client.post("/login", content=body, headers=headers)

    assert answer.status_code in (400, 401)
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("charset", ["utf-7", "utf-16", "idna", "punycode", "unicode_escape"])
def test_a_form_in_another_encoding_is_refused(browser: Browser, charset: str) -> None:
    for kind in ("multipart/form-data; boundary=b", "application/x-www-form-urlencoded"):
        headers = {"origin": ORIGIN, "content-type": f'{kind}; Charset="{charset}"'}
        assert browser.client.post("/login", content=b"a=b", headers=headers).status_code == 415


@pytest.mark.parametrize(
    "text", ["\0", "\x1b[2J", "\u202e", "x" * LONGEST_FIELD, "💥" * 500, "{{7*7}}"]
)
@pytest.mark.parametrize("name", ["desk", "name", "purpose", "password", "code"])
def test_whatever_is_typed_at_the_login_is_answered_in_words(
    browser: Browser, heron: str, name: str, text: str
) -> None:
    said = {"desk": heron, "name": "ann", "purpose": "x", name: text}
    answer = browser.post("/login", said, token=False)

    assert answer.status_code in (303, 400, 401, 429)
    assert "Traceback" not in answer.text
    assert ">49<" not in answer.text


def test_a_token_of_strange_characters_changes_nothing(inside: tuple[Browser, str]) -> None:
    browser, base = inside
    for token in ("é", "\0", "💥", "0" * 10_000):
        assert browser.post(f"{base}/logout", {"csrf": token}).status_code == 400


# ── sessions ───────────────────────────────────────────────────────────────────────────────────


def test_a_login_begins_a_new_session_whatever_cookie_the_browser_came_with(
    browser: Browser, heron: str
) -> None:
    cookie = f"zegel-{browser.key_of(heron)}"
    browser.client.cookies.set(cookie, "0" * 64, domain="localhost.local")
    browser.log_in("ann", heron)
    first = [one.value for one in browser.client.cookies.jar if one.name == cookie]
    browser.log_in("ann", heron)
    second = [one.value for one in browser.client.cookies.jar if one.name == cookie]

    assert "0" * 64 not in second
    assert set(first).isdisjoint(second) or len(first) == len(second) == 1


def test_a_session_that_rested_too_long_leads_to_the_login(
    inside: tuple[Browser, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, base = inside
    later = time.time_ns() + (sessions.IDLE_MINUTES + 1) * 60 * 10**9
    monkeypatch.setattr(time, "time_ns", lambda: later)
    answer = browser.get(f"{base}/about")

    assert answer.status_code == 401
    assert "minutes without an act" in answer.text


def test_a_session_that_was_ended_elsewhere_is_over_here(
    inside: tuple[Browser, str], made: Path
) -> None:
    browser, base = inside
    (inv,) = (desk.of for desk in browser.desks.all() if not desk.is_case)
    place_of(inv).sessions.end_all_of("ann")

    assert browser.get(f"{base}/about").status_code == 401


@pytest.mark.parametrize("secure", [False, True])
def test_over_tls_cookies_travel_no_other_way_and_browsers_remember_that(
    browser: Browser, heron: str, secure: bool
) -> None:
    from zegel.web import Settings, application

    origin = "https://localhost" if secure else ORIGIN
    app = application(Settings(desks=browser.desks, secure=secure))
    client = TestClient(app, base_url=origin, follow_redirects=False)
    said = {"name": "ann", "desk": heron, "purpose": "a test"}
    answer = client.post("/login", data=said, headers={"origin": origin})

    assert answer.status_code == 303
    assert ("secure" in answer.headers["set-cookie"].lower()) is secure
    assert ("strict-transport-security" in answer.headers) is secure
    other = ORIGIN if secure else "https://localhost"
    assert client.post("/login", data=said, headers={"origin": other}).status_code == 403


# ── what a reader's own cookies may say ────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "zone", ["€", "../../etc/passwd", "/etc/passwd", "Europe", "x" * 5000, "\0", "Europe/\r\nX: y"]
)
def test_a_time_zone_that_nobody_has_is_not_kept(browser: Browser, zone: str) -> None:
    answer = browser.post("/reader", {"zone": zone, "back": "/login"}, token=False)

    assert answer.status_code in (303, 400)
    assert "set-cookie" not in answer.headers
    assert not known_zone(zone)
    assert Reader(zone=zone).zone == "UTC"


def test_made_up_zones_do_not_fill_the_memory() -> None:
    assert known_zone.cache_info().maxsize is not None


def test_hundreds_of_cookies_are_borne(browser: Browser) -> None:
    cookies = "; ".join(f"zegel-{number:016x}={'0' * 64}" for number in range(500))

    assert browser.get("/", cookie=cookies).status_code == 401


# ── errors ─────────────────────────────────────────────────────────────────────────────────────


def test_a_fault_of_the_program_shows_and_logs_no_word_of_its_error(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the kluis is in the haven")

    monkeypatch.setattr(login, "render", broken)
    answer = browser.get("/login")

    assert answer.status_code == 500
    assert "kluis" not in answer.text
    assert "kluis" not in "".join(capfd.readouterr())


def test_an_error_that_comes_after_the_answer_began_is_logged_without_its_words(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async def app(scope: object, receive: object, send: object) -> None:
        raise RuntimeError("the kluis is in the haven")

    guard = Guard(app, hosts=["localhost"], secure=False)
    scope = {
        "type": "http", "method": "GET", "path": "/", "client": ("::1", 1),
        "headers": [(b"host", b"localhost")],
    }  # fmt: skip
    asyncio.run(guard(scope, None, None))  # type: ignore[arg-type]

    assert "kluis" not in "".join(capfd.readouterr())


# ── texts of an exhibit ────────────────────────────────────────────────────────────────────────


@given(st.text(st.characters(), max_size=200))
def test_any_text_becomes_html_without_a_tag_a_turn_or_a_control(text: str) -> None:
    shown = str(hostile(text))
    inner = shown.removeprefix('<bdi class="hostile">').removesuffix("</bdi>")

    assert not re.search(
        "[<>\"'\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028]", inner
    )
    shown.encode()  # no lone surrogate is left, which could not be sent
    assert visible(visible(text)) == visible(text)


def test_marks_stacked_on_a_letter_do_not_cover_what_stands_around_it() -> None:
    assert visible("e\u0301\u0323") == "e\u0301\u0323"
    assert visible("e" + "\u0301" * 8) == "e" + "\u0301" * 6 + "⟦U+0301⟧" * 2
