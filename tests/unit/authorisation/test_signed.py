"""Who signed an order: three programs sign; every reason not to rely on it is its own refusal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pysequoia
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpgp.composed import KeyType

from tests.gnupg import Home, gnupg_home
from tests.signing import NAME, Pen, by_gnupg, by_rpgp, by_sequoia, sequoia_key
from tests.unit.authorisation.test_decisions import order
from zegel.authorisation import Magistrate, Order, check_signature
from zegel.authorisation.signed import PROPOSED, WITHDRAWN
from zegel.errors import ConditionError, VerificationError, ZegelError
from zegel.openpgp.framing import read_packets
from zegel.openpgp.signers import certificate_in, signatures_in, signers

ORDER = order(magistrate=f'"{NAME}"')
LATER = 3600
"""Seconds that judging comes after signing: a suite may take long, nothing is from the future."""
YEAR = 365 * 86_400
ALGORITHMS = ("rsa2048", "ed25519", "nistp256", "nistp521")


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    with gnupg_home() as made:
        for algorithm in (*ALGORITHMS, "dsa2048"):
            made.make(f"{NAME} <{algorithm}@court.example>", algorithm)
        made.make(f"{NAME} <sub@court.example>", "ed25519", "cert")
        subkey = made.fingerprints("--list-keys", "sub@court.example")[0]
        made.gpg("--quick-add-key", subkey, "ed25519", "sign", "2029-01-01")
        yield made


@pytest.fixture(scope="module")
def key() -> pysequoia.Tsk:
    return sequoia_key()


@pytest.fixture(scope="module")
def pen(key: pysequoia.Tsk) -> Pen:
    return by_sequoia(key)


def now() -> int:
    return int(time.time()) + LATER


def refusal(
    signature: bytes,
    *known: Magistrate,
    given_order: Order = ORDER,
    at: int = LATER,
    kind: type[ZegelError] = ConditionError,
) -> str:
    """Return why the signature is refused, `at` seconds from now; it must say what to do next."""
    with pytest.raises(kind) as refused:
        check_signature(given_order, signature, known, int(time.time()) + at)
    assert type(refused.value) is kind
    assert refused.value.next_step != kind.remedy
    return refused.value.what


@pytest.mark.parametrize("by", [*ALGORITHMS, "sub"])
@pytest.mark.parametrize("words", [(), ("--textmode", "--armor"), ("--digest-algo", "SHA512")])
def test_what_gnupg_signed_is_relied_on_and_one_changed_letter_is_not(
    home: Home, by: str, words: tuple[str, ...]
) -> None:
    made = by_gnupg(home, f"{by}@court.example", *words)
    signature, magistrate = made.sign(ORDER.text), made.enrolled()
    found = check_signature(ORDER, signature, [magistrate], now())

    assert (found.magistrate, found.signatures) == (magistrate, 1)
    assert found.key in home.fingerprints("--list-keys", f"{by}@court.example")
    assert (found.key != magistrate.fingerprint) == (by == "sub")
    changed = replace(ORDER, text=ORDER.text.replace(b"theft", b"arson"))
    said = refusal(signature, magistrate, given_order=changed, kind=VerificationError)
    assert "not over these bytes" in said


@pytest.mark.parametrize("armor", [False, True])
@pytest.mark.parametrize("profile", ["RFC4880", "RFC9580"])
@pytest.mark.parametrize("suite", ["Cv25519", "P384", "RSA2k"])
def test_what_pysequoia_signed_by_a_subkey_is_relied_on(
    profile: str, suite: str, armor: bool
) -> None:
    made = by_sequoia(sequoia_key(profile, suite), armor=armor)
    found = check_signature(ORDER, made.sign(ORDER.text), [made.enrolled()], now())

    assert len(found.key) == {"RFC4880": 40, "RFC9580": 64}[profile]
    assert found.key != found.magistrate.fingerprint


RPGP: dict[str, Callable[[], Pen]] = {
    "v4 ed25519": lambda: by_rpgp(4, KeyType.ed25519_legacy()),
    "v4 p256, text": lambda: by_rpgp(4, KeyType.ecdsa("p256"), text=True),
    "v4 rsa": lambda: by_rpgp(4, KeyType.rsa(2048)),
    "v6 ed25519": lambda: by_rpgp(6, KeyType.ed25519()),
    "v6 ed448": lambda: by_rpgp(6, KeyType.ed448()),
    "v6 p256": lambda: by_rpgp(6, KeyType.ecdsa("p256")),
}


@pytest.mark.parametrize("kind", RPGP)
def test_what_rpgp_signed_is_relied_on(kind: str) -> None:
    made = RPGP[kind]()

    assert check_signature(ORDER, made.sign(ORDER.text), [made.enrolled()], now()).signatures == 1


def test_one_signature_of_several_in_a_file_is_enough(home: Home, pen: Pen) -> None:
    file = by_gnupg(home, "ed25519@court.example").sign(ORDER.text) + pen.sign(ORDER.text)
    found = check_signature(ORDER, file, [pen.enrolled()], now())

    assert (found.signatures, found.magistrate.certificate) == (2, pen.certificate)
    armoured = by_gnupg(home, "ed25519@court.example", "--armor").sign(ORDER.text)
    both = armoured + by_gnupg(home, "rsa2048@court.example", "--armor").sign(ORDER.text)
    by = by_gnupg(home, "rsa2048@court.example").enrolled()
    assert check_signature(ORDER, both, [by], now()).signatures == 2


def test_a_key_nobody_enrolled_is_refused_by_its_name(home: Home, pen: Pen) -> None:
    said = refusal(pen.sign(ORDER.text), by_gnupg(home, "ed25519@court.example").enrolled())

    name = next(iter(signatures_in(pen.sign(ORDER.text))))
    assert "which no magistrate enrolled in this case has" in said
    assert name
    assert refusal(pen.sign(ORDER.text)).startswith("the order is signed by the key ")


@pytest.mark.parametrize(
    ("standing", "says"), [(PROPOSED, "not confirmed"), (WITHDRAWN, "was withdrawn")]
)
def test_a_certificate_that_is_not_enrolled_any_more_or_yet_is_refused(
    pen: Pen, standing: str, says: str
) -> None:
    assert says in refusal(pen.sign(ORDER.text), pen.enrolled(standing=standing))


def test_the_magistrate_the_order_names_must_have_signed_it(pen: Pen) -> None:
    said = refusal(pen.sign(ORDER.text), pen.enrolled("B. Jansen"))

    assert said == "the order names 'A. de Vries' as its magistrate, and 'B. Jansen' signed it"
    assert check_signature(ORDER, pen.sign(ORDER.text), [pen.enrolled("a.  DE vries")], now())


@pytest.mark.parametrize("digest", ["SHA1", "RIPEMD160"])
def test_a_weak_hash_is_refused(home: Home, digest: str) -> None:
    words = ("--digest-algo", digest, "--allow-weak-digest-algos")
    made = by_gnupg(home, "rsa2048@court.example", *words)

    assert f"too weak to rely on (made with {digest}" in refusal(
        made.sign(ORDER.text), made.enrolled()
    )


def test_md5_is_refused_whether_it_can_be_checked_or_not(home: Home) -> None:
    words = ("--digest-algo", "MD5", "--allow-weak-digest-algos")
    made = by_gnupg(home, "rsa2048@court.example", *words)

    assert "MD5" in refusal(made.sign(ORDER.text), made.enrolled())


def test_weak_keys_are_refused(home: Home) -> None:
    dsa = by_gnupg(home, "dsa2048@court.example")
    short = Pen(certificate=dsa.certificate, sign=dsa.sign)

    assert "a DSA or ElGamal key" in refusal(short.sign(ORDER.text), short.enrolled())


def test_a_key_that_has_expired_is_refused_however_old_its_signature(home: Home) -> None:
    made = by_gnupg(home, "ed25519@court.example")
    said = refusal(made.sign(ORDER.text), made.enrolled(), at=10 * YEAR)

    assert said == "the key that signed the order has expired"


def test_a_revoked_certificate_is_refused(key: pysequoia.Tsk, pen: Pen) -> None:
    cert = key.extract_certificate()
    revoked = cert.merge(
        pysequoia.Cert.from_bytes(bytes(cert) + bytes(cert.revoke(key.certifier())))
    )
    made = replace(pen, certificate=bytes(revoked))

    assert refusal(pen.sign(ORDER.text), made.enrolled()) == (
        "the key that signed the order is revoked"
    )


def test_a_revoked_subkey_is_refused_though_its_primary_lives(home: Home) -> None:
    made = by_gnupg(home, "sub@court.example")
    signature = made.sign(ORDER.text)
    with gnupg_home() as other:
        other.gpg("--import", given=home.gpg("--export-secret-keys", "sub@court.example"))
        other.edit("sub@court.example", "key 1", "revkey", "y", "0", "", "y")
        revoked = replace(made, certificate=other.gpg("--export", "sub@court.example"))

    assert refusal(signature, revoked.enrolled()) == "the key that signed the order is revoked"
    assert not any(one.key.revoked for one in signers(certificate_in(made.certificate), now()))


def test_a_key_whose_flags_do_not_sign_is_refused() -> None:
    made = by_rpgp(4, KeyType.ed25519_legacy(), signs=False)

    assert "its flags say that it does not sign" in refusal(made.sign(ORDER.text), made.enrolled())


def test_a_subkey_that_the_magistrate_never_bound_is_refused(pen: Pen) -> None:
    """Somebody adds a subkey of their own to the certificate on its way, and signs with it."""
    other = by_sequoia(sequoia_key())
    packets = list(read_packets(other.certificate))
    first = next(n for n, packet in enumerate(packets) if packet.tag == 14)
    smuggled = other.certificate[packets[first].start :]
    forged = replace(pen, certificate=pen.certificate + smuggled)

    said = refusal(other.sign(ORDER.text), forged.enrolled())
    assert "no signature of today's strength binds it" in said
    assert check_signature(ORDER, pen.sign(ORDER.text), [forged.enrolled()], now())


def test_a_signature_from_the_future_or_past_its_own_end_is_refused(home: Home) -> None:
    ends = by_gnupg(home, "ed25519@court.example", "--default-sig-expire", "1d")
    signature = ends.sign(ORDER.text)
    early = by_gnupg(home, "ed25519@court.example", "--faked-system-time", f"{now() + YEAR}!")

    assert check_signature(ORDER, signature, [ends.enrolled()], now())
    said = refusal(signature, ends.enrolled(), at=2 * 86_400)
    assert said == "the order's signature has expired by its own terms"
    said = refusal(early.sign(ORDER.text), early.enrolled())
    assert said == "the order's signature bears a time in the future"


@pytest.mark.parametrize("words", [("--clear-sign",), ("--sign",), ("--armor", "--sign")])
def test_what_is_no_detached_signature_is_refused(home: Home, words: tuple[str, ...]) -> None:
    user = "ed25519@court.example"
    file = home.gpg("-u", user, *words, given=ORDER.text)

    assert "holds no detached signature" in refusal(file, by_gnupg(home, user).enrolled())


def test_text_whose_trailing_blanks_are_not_signed_is_refused(home: Home) -> None:
    text = ORDER.text.replace(b'"theft"]', b'"theft"]  ')
    made = by_gnupg(home, "ed25519@court.example", "--textmode", "--rfc2440-text")
    said = refusal(made.sign(text), made.enrolled(), given_order=replace(ORDER, text=text))

    assert "blanks at the ends of lines" in said


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_bit_of_an_order_can_be_changed_under_its_signature(
    pen: Pen, data: st.DataObject
) -> None:
    signature, magistrate = pen.sign(ORDER.text), pen.enrolled()
    changed = bytearray(ORDER.text)
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    other = replace(ORDER, text=bytes(changed))
    assert refusal(signature, magistrate, given_order=other, kind=VerificationError)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_hostile_signature_file_is_refused_and_never_a_crash(
    pen: Pen, data: st.DataObject
) -> None:
    whole = pen.sign(ORDER.text)
    cut = data.draw(st.integers(0, len(whole)))
    file = data.draw(st.binary(max_size=40)) + whole[cut:] + data.draw(st.binary(max_size=40))
    try:
        found = check_signature(ORDER, file, [pen.enrolled()], now())
    except ZegelError:
        return

    assert found.magistrate.certificate == pen.certificate
