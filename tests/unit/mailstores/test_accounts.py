from __future__ import annotations

import pytest

from zegel.mailstores.accounts import account_of


@pytest.mark.parametrize(
    ("path", "account"),
    [
        (b"mail/d00017@ams.example/Maildir/cur/1.M1P2.host:2,S", "d00017@ams.example"),
        (b"vmail/ams.example/d00017/Maildir/.Sent/cur/1.2.host", "d00017@ams.example"),
        (b"srv/d00017/Maildir.old-2016/new/1.2.host", "d00017"),
        (b"home.bak/alice/Maildir/new/1.2.host", "alice"),
        (b"backup.tar.gz!/mail/a@b.example/Maildir/cur/1", "a@b.example"),
        (b"backups/export-a@b.example.mbox", "a@b.example"),
        (b"backups/a@b.example.mbox.gz!/a@b.example.mbox", "a@b.example"),
        (b"var/mail/alice", "alice"),
        (b"var/spool/mail/bob", "bob"),
        (b"home/alice/mail/Sent", "alice"),
        (b"Users/alice/Library/Mail/1.emlx", "alice"),
        (b"random/file.eml", ""),
        (b"Maildir/cur/1", ""),
        (b"x", ""),
        (b"", ""),
        (b"\xff@\xff/x", ""),
    ],
)
def test_a_place_suggests_an_account(path: bytes, account: str) -> None:
    assert account_of(path) == account
