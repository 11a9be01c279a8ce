"""What the tables keep of a session-key packet says whom it is for, and which packet it was."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from zegel.openpgp.model import Esk
from zegel.openpgp.packets import parse_esk
from zegel.processing.keypackets import head, named, packed, unpacked

OCTETS = st.binary(min_size=4, max_size=80)
PUBLIC = st.builds(
    lambda version, key_id, algorithm, rest: (
        bytes((version,)) + key_id + bytes((algorithm,)) + rest
    ),
    st.sampled_from([2, 3, 4]),
    st.one_of(st.just(bytes(8)), st.binary(min_size=8, max_size=8)),
    st.integers(0, 255),
    st.binary(min_size=1, max_size=300),
)
PUBLIC_V6 = st.builds(
    lambda name, algorithm, rest: bytes((6, len(name))) + name + bytes((algorithm,)) + rest,
    st.sampled_from([b"", b"\4" + bytes(range(20)), b"\6" + bytes(range(32))]),
    st.integers(0, 255),
    st.binary(min_size=9, max_size=300),
)
PACKETS = st.one_of(
    st.tuples(st.just(1), PUBLIC),
    st.tuples(st.just(1), PUBLIC_V6),
    st.tuples(st.just(1), OCTETS),
    st.tuples(st.just(3), OCTETS),
)
ESKS = PACKETS.map(lambda packet: parse_esk(*packet)).filter(lambda esk: esk is not None)


def of(esk: Esk) -> tuple[int, int, int, bytes]:
    return (esk.tag, esk.version, esk.algorithm, esk.key_id)


@given(ESKS)
def test_a_head_names_whom_the_whole_packet_names(esk: Esk) -> None:
    (short,) = named([head(esk)])

    assert of(short) == of(esk)
    assert esk.body.startswith(short.body)


@given(st.lists(ESKS, max_size=6))
def test_packets_come_back_whole_under_their_heads(esks: list[Esk]) -> None:
    found = unpacked(packed(esks))

    assert {esk.body for esk in found.values()} == {esk.body for esk in esks}
    assert found.keys() == {head(esk) for esk in esks}


@given(ESKS, st.data())
def test_one_flipped_bit_gives_another_head(esk: Esk, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(esk.body) - 1))
    other = bytes(octet ^ (1 if place == at else 0) for place, octet in enumerate(esk.body))
    changed = parse_esk(esk.tag, other)

    assert changed is None or head(changed) != head(esk)


@given(st.lists(ESKS, min_size=1, max_size=4), st.data())
def test_what_a_damaged_spool_holds_never_passes_for_what_was_kept(
    esks: list[Esk], data: st.DataObject
) -> None:
    octets = packed(esks)
    damaged = octets[: data.draw(st.integers(0, len(octets)))] + data.draw(st.binary(max_size=9))
    wanted = {head(esk): esk.body for esk in esks}

    for name, esk in unpacked(damaged).items():
        assert name not in wanted or wanted[name] == esk.body
