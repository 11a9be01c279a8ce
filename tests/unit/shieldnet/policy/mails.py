"""Mail as clients write it: made with Python's own mail library, encrypted with pysequoia."""

from __future__ import annotations

import base64
from email.message import EmailMessage, Message
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pysequoia

from tests.unit.shieldnet.networks import certificate, key

HERON, SPARROW = "d00001@ams.shieldnet.example", "d00002@yyz.shieldnet.example"
WORDS = "the quay at eight"


def ciphertext(words: str = WORDS, *, armor: bool = True) -> bytes:
    recipient = key(SPARROW).extract_certificate()
    made: bytes = pysequoia.encrypt(
        words.encode(), recipients=[recipient], signer=key(HERON).signer(), armor=armor
    )
    return made


def headed(mail: Message) -> bytes:
    """Return a mail with every header a careless client might write."""
    for name, value in {
        "From": f"Heron of {WORDS} <{HERON}>",
        "To": f"Sparrow of {WORDS} <{SPARROW}>",
        "Subject": WORDS,
        "Date": "Wed, 25 Nov 2026 10:00:00 +0100",
        "Message-ID": "<abc.1@localhost>",
        "References": "<abc.0@localhost> <abc.1@localhost>",
        "User-Agent": f"Mailer of {WORDS}",
        "X-Mailer": WORDS,
        "X-Originating-IP": "[203.0.113.7]",
        "Received": "from phone (unknown [203.0.113.7]) by mx",
        "Reply-To": f"{WORDS} <{HERON}>",
        "Comments": WORDS,
        "Chat-Version": "1.0",
        "Chat-Group-Name": WORDS,
    }.items():
        mail[name] = value
    return mail.as_bytes()


def pgp_mime(armoured: bytes | None = None) -> MIMEMultipart:
    mail = MIMEMultipart("encrypted", protocol="application/pgp-encrypted")
    mail.preamble = f"This is an OpenPGP message about {WORDS}"
    mail.epilogue = WORDS
    version = MIMEApplication("Version: 1\n", "pgp-encrypted", lambda _part: None)
    version["Content-Description"] = WORDS
    body = (armoured or ciphertext()).decode()
    content = MIMEApplication(body, "octet-stream", lambda _part: None, name=f"{WORDS}.asc")
    mail.attach(version)
    mail.attach(content)
    return mail


def plain(words: str = WORDS) -> EmailMessage:
    mail = EmailMessage()
    mail.set_content(words)
    return mail


def securejoin(step: str = "vc-request", words: str | None = None) -> MIMEMultipart:
    mail = MIMEMultipart("mixed")
    mail.attach(MIMEText(f"Secure-Join: {step}" if words is None else words))
    mail["Secure-Join"] = step
    mail["Secure-Join-Invitenumber"] = "abcDEF_123-x"
    return mail


def autocrypt(octets: bytes | None = None) -> str:
    data = base64.b64encode(octets or certificate(HERON)).decode()
    lines = " ".join(data[place : place + 60] for place in range(0, len(data), 60))
    return f"addr={HERON}; prefer-encrypt=mutual; _note={WORDS}; keydata= {lines}"
