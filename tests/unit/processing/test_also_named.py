"""Who is named beside sender and recipients, and what attachments say: read for privilege."""

from __future__ import annotations

from zegel.processing.contents import read_plain

MAIL = b"""\
From: "Mr. J. de Vries" <phone@net.example>
To: =?utf-8?q?Ren=C3=A9e?= <other@net.example>
Reply-To: Office <office@firm.example>
Resent-To: third@firm.example
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

See below.
--b
Content-Type: text/csv
Content-Disposition: attachment; filename=list.csv

counsel;Berg
--b
Content-Type: application/octet-stream
Content-Disposition: attachment; filename=note.txt

a note
--b
Content-Type: text/html
Content-Disposition: attachment; filename=page.html

<p>on a <b>page</b></p><script>not this</script>
--b
Content-Type: application/pdf
Content-Disposition: attachment; filename=brief.pdf

%PDF counsel in a PDF
--b
Content-Type: message/rfc822

From: Counsel <counsel@firm.example>
To: phone@net.example
Subject: inside

Forwarded words.
--b--
"""


def row() -> dict[str, object]:
    return read_plain(MAIL, lambda _: ()).row


def test_display_names_and_other_fields_are_kept_beside_the_addresses() -> None:
    named = row()["also_named"]

    assert named == [
        "Mr. J. de Vries", "Renée", "Office", "office@firm.example", "third@firm.example",
        "counsel@firm.example", "phone@net.example", "Counsel",
    ]  # fmt: skip


def test_what_attachments_say_is_kept_where_they_hold_text() -> None:
    said = str(row()["attached_text"])

    assert [line for line in said.splitlines() if line.strip()] == [
        "counsel;Berg", "a note", "on a page",
    ]  # fmt: skip


def test_a_mail_in_a_mail_is_in_the_text_and_not_told_twice() -> None:
    found = row()

    assert "Forwarded words." in str(found["text"])
    assert "Forwarded words." not in str(found["attached_text"])
