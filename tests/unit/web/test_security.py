"""What stands before every page, and who may come in."""

from __future__ import annotations

import pytest

from tests.web import ORIGIN, Browser
from zegel.web.security import CSP, HEADERS, Rates, csrf_token


def test_every_answer_carries_the_headers_errors_included(browser: Browser) -> None:
    for path in ("/", "/login", "/nothing", "/static/zegel.css", "/static/none.css", "/i/00/x"):
        answer = browser.get(path)
        for name in HEADERS:
            assert name in answer.headers, (path, name)
        assert answer.headers["content-security-policy"] == CSP


def test_the_policy_allows_no_inline_code_and_nothing_from_elsewhere() -> None:
    assert CSP.startswith("default-src 'none'")
    for word in ("unsafe", "http:", "https:", "data:", "*"):
        assert word not in CSP


def test_another_host_name_is_refused(browser: Browser) -> None:
    assert browser.get("/", host="evil.example").status_code == 421
    assert browser.get("/", host="localhost:9999").status_code == 401


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({"origin": "http://evil.example"}, True),
        ({"origin": "https://localhost"}, True),
        ({"origin": "null"}, True),
        ({}, True),
        ({"origin": "null", "sec-fetch-site": "cross-site"}, True),
        ({"sec-fetch-site": "same-site"}, True),
        ({"sec-fetch-site": "same-origin"}, False),
        ({"origin": ORIGIN}, False),
    ],
)
def test_a_form_from_another_site_is_refused(
    browser: Browser, headers: dict[str, str], refused: bool
) -> None:
    answer = browser.client.post("/reader", data={"language": "nl"}, headers=headers)

    assert (answer.status_code == 403) is refused


def test_other_methods_are_refused(browser: Browser) -> None:
    assert browser.client.put("/login").status_code == 405
    assert browser.client.options("/login").status_code == 405


def test_a_login_in_training_ends_inside_and_a_logout_outside(browser: Browser, heron: str) -> None:
    assert browser.get("/").status_code == 401
    inside = browser.follow(browser.log_in("ann", heron))
    key = browser.key_of(heron)
    token = browser.client.cookies[f"zegel-{key}"]
    page = browser.get(f"/i/{key}/about")
    out = browser.post(f"/i/{key}/logout")
    browser.client.cookies.set(f"zegel-{key}", token, domain="localhost.local")

    assert inside.status_code == 200
    assert "TRAINING" in page.text
    assert "ann" in page.text
    assert out.status_code == 303
    assert browser.get(f"/i/{key}/about").status_code == 401, "the session itself ended"


def test_a_form_without_the_token_of_the_session_changes_nothing(
    browser: Browser, heron: str
) -> None:
    browser.log_in("ann", heron)
    key = browser.key_of(heron)
    for token in ("", "0" * 64, csrf_token("another session")):
        assert browser.post(f"/i/{key}/logout", {"csrf": token}).status_code == 400
    assert browser.get(f"/i/{key}/about").status_code == 200


def test_a_session_at_one_desk_opens_no_other(browser: Browser, heron: str) -> None:
    browser.log_in("ann", heron)
    case = next(desk for desk in browser.desks.all() if desk.is_case)
    token = browser.client.cookies[f"zegel-{browser.key_of(heron)}"]

    assert browser.get(f"/c/{case.key}").status_code == 401
    browser.client.cookies.set(f"zegel-{case.key}", token, domain="localhost.local")
    assert browser.get(f"/c/{case.key}").status_code == 401
    assert browser.get(f"/i/{case.key}/about").status_code == 401


def test_the_cookie_of_a_session_is_for_this_server_and_no_script(
    browser: Browser, heron: str
) -> None:
    said = browser.log_in("ann", heron).headers["set-cookie"]

    assert "HttpOnly" in said
    assert "SameSite=strict" in said


def test_a_form_that_is_too_long_is_refused_unread(browser: Browser) -> None:
    answer = browser.post("/login", {"name": "x" * 300_000}, token=False)

    assert answer.status_code == 413


def test_an_address_has_so_many_requests_and_gets_them_back_with_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    rates = Rates(per_minute=60, burst=3)
    waits = [rates.wait("a") for _ in range(5)]
    other = rates.wait("b")
    now[0] += 2

    assert [bool(wait) for wait in waits] == [False, False, False, True, True]
    assert other == 0
    assert rates.wait("a") == 0


def test_the_way_back_stays_on_this_server(browser: Browser) -> None:
    for back in ("//evil.example/", "https://evil.example/", "/\\evil.example", "/a\nb"):
        answer = browser.post("/reader", {"language": "nl", "back": back}, token=False)
        assert answer.headers["location"] == "/"
