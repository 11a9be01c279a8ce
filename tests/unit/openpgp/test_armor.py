import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.openpgp.writers import Armour, crc24
from zegel.openpgp import armor
from zegel.openpgp.armor import ArmorBlock, dearmor, find_armor, read_cleartext_signed

CONTENT = bytes(range(256)) * 3
WAYS = {
    "plain": Armour(),
    "CRLF": Armour(line_end="\r\n"),
    "CR": Armour(line_end="\r"),
    "quoted": Armour(prefix="> "),
    "quoted twice": Armour(prefix=">> "),
    "indented": Armour(prefix="    "),
    "dash-escaped": Armour(prefix="- "),
    "with headers": Armour(headers=("Version: GnuPG v2", "Comment: a: b")),
    "with headers, CRLF": Armour(headers=("Version: X",), line_end="\r\n"),
    "without blank line": Armour(blank=False),
    "with headers, without blank line": Armour(headers=("Version: X",), blank=False),
    "in parts": Armour(kind="MESSAGE, PART 01/02"),
    "narrow lines": Armour(width=16),
    "in a JSON string": Armour(line_end="\\n"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_block_is_found_and_undone_however_it_is_written(way: str) -> None:
    text = b"Hello,\n\n" + WAYS[way].write(CONTENT) + b"\n\nBye\n"

    blocks = list(find_armor(text))

    assert [(block.kind, block.complete) for block in blocks] == [("MESSAGE", True)]
    assert dearmor(text[blocks[0].start : blocks[0].end], check=True) == (CONTENT, ())


@given(st.binary(max_size=3000), st.sampled_from(sorted(WAYS)))
def test_any_content_comes_back(content: bytes, way: str) -> None:
    block = WAYS[way].write(content)

    assert dearmor(block[block.index(b"-----") :])[0] == content


@given(st.binary(max_size=400))
def test_the_checksum_is_the_standard_one(content: bytes) -> None:
    assert armor.crc24(content) == crc24(content)


@pytest.mark.parametrize("way", ["plain", "quoted", "CR"])
def test_a_wrong_checksum_is_a_problem_and_no_refusal(way: str) -> None:
    right = WAYS[way]
    block = Armour(line_end=right.line_end, prefix=right.prefix, checksum=5).write(CONTENT)

    content, problems = dearmor(block[block.index(b"-----") :], check=True)

    assert (content, [problem.kind for problem in problems]) == (CONTENT, ["armour checksum"])


def test_a_block_without_its_end_stops_where_the_base64_stops() -> None:
    whole = Armour().write(CONTENT)
    cut = whole[: whole.index(b"-----END")]

    (block,) = find_armor(cut + b"Kind regards, someone else.\n")

    assert (block.complete, block.end) == (False, len(cut))
    assert dearmor(cut)[0] == CONTENT
    assert [problem.kind for problem in dearmor(cut)[1]] == ["truncated armour"]


def test_a_block_cut_by_another_begins_does_not_swallow_it() -> None:
    whole = Armour().write(CONTENT)
    text = whole[:200] + b"\n" + whole

    blocks = list(find_armor(text))

    assert [block.complete for block in blocks] == [False, True]
    assert text[blocks[1].start : blocks[1].end] == whole


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("PUBLIC KEY BLOCK", "PUBLIC KEY BLOCK"),
        ("PRIVATE KEY BLOCK", "PRIVATE KEY BLOCK"),
        ("SECRET KEY BLOCK", "PRIVATE KEY BLOCK"),
        ("SIGNATURE", "SIGNATURE"),
        ("ARMORED FILE", "MESSAGE"),
    ],
)
def test_every_kind_of_block_is_named(written: str, kind: str) -> None:
    (block,) = find_armor(Armour(kind=written).write(CONTENT))

    assert block.kind == kind


def test_characters_that_do_not_belong_are_counted() -> None:
    block = Armour().write(CONTENT).replace(b"\n\nAAEC", b"\n\nAA\xffEC")

    content, problems = dearmor(block)

    assert content == CONTENT
    assert [(problem.kind, problem.note) for problem in problems] == [
        ("bad armour characters", "1 characters")
    ]


@given(st.binary(max_size=2000))
def test_nothing_makes_dearmor_raise(junk: bytes) -> None:
    for block in (junk, b"-----BEGIN PGP MESSAGE-----\n" + junk):
        assert isinstance(dearmor(block, check=True)[0], bytes)


@given(
    st.lists(
        st.sampled_from(
            [
                b"-----BEGIN PGP MESSAGE-----\n",
                b"-----END PGP MESSAGE-----\n",
                b"-----BEGIN PGP SIGNED MESSAGE-----\n",
                b"-----BEGIN PGP SIGNATURE-----\n",
                b"-----END PGP SIGNATURE-----\n",
                b"\n",
                b"AAAA\n",
                b"text\r",
                b"-----BEGIN PGP ",
                b"-----END PGP ",
            ]
        ),
        max_size=30,
    )
)
def test_blocks_lie_in_order_inside_the_text(pieces: list[bytes]) -> None:
    text = b"".join(pieces)

    blocks = list(find_armor(text))

    starts = [match.start() for match in re.finditer(rb"-----BEGIN PGP [A-Z ]+-----", text)]
    assert [block.start for block in blocks] == sorted({block.start for block in blocks})
    assert all(block.start in starts for block in blocks)
    assert all(block.start < block.end <= len(text) for block in blocks)


def test_a_hundred_thousand_begins_take_linear_time() -> None:
    text = b"-----BEGIN PGP MESSAGE-----\n" * 100_000
    begin = time.process_time()

    count = sum(1 for _ in find_armor(text))

    assert count == 100_000
    assert time.process_time() - begin < 10


def test_a_text_without_armour_has_no_blocks() -> None:
    assert list(find_armor(b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n")) == []


SIGNATURE = bytes((0xC2, 5)) + b"12345"
SIGNED = (
    b"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\nFirst  \r\n- - dashed\r\n\r\n"
    b"- -----BEGIN PGP MESSAGE-----\r\nlast\t\r\n"
) + Armour(kind="SIGNATURE", line_end="\r\n").write(SIGNATURE)


def test_a_cleartext_signature_gives_the_text_as_signed_and_as_shown() -> None:
    signed, shown, signatures = read_cleartext_signed(SIGNED)

    assert signed == b"First\r\n- dashed\r\n\r\n-----BEGIN PGP MESSAGE-----\r\nlast"
    assert shown == b"First  \r\n- dashed\r\n\r\n-----BEGIN PGP MESSAGE-----\r\nlast\t"
    assert signatures == [b"12345"]


def test_a_cleartext_signed_block_reaches_to_the_end_of_its_signature() -> None:
    text = b"x\n" + SIGNED + b"\ny\n"

    blocks = list(find_armor(text))

    assert blocks[0] == ArmorBlock(
        kind="SIGNED MESSAGE", start=2, end=2 + len(SIGNED), complete=True
    )
    assert [block.kind for block in blocks[1:]] == ["MESSAGE"], "what it quotes is found too"


@given(st.binary(max_size=1000))
def test_nothing_makes_reading_cleartext_signatures_raise(junk: bytes) -> None:
    head = b"-----BEGIN PGP SIGNED MESSAGE-----\n"

    assert len(read_cleartext_signed(head + junk)) == 3
