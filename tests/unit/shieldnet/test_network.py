"""Settings of a network: every word understood or refused."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from shieldnet.errors import HalfMadeError, NoNetworkError, SettingsError, UnknownSiteError
from shieldnet.network import DEFAULT, load, read


def settings(folder: Path, text: str | None = None, *, custody: str = "device") -> Path:
    encrypted = "true" if custody == "device" else "false"
    default = DEFAULT.format(custody=custody, only_encrypted=encrypted)
    (folder / "network.toml").write_text(default if text is None else text)
    return folder


@pytest.mark.parametrize("custody", ["device", "server"])
def test_the_default_settings_describe_two_sites_on_loopback(tmp_path: Path, custody: str) -> None:
    network = read(settings(tmp_path, custody=custody))
    places = {name: (site.address, site.domain) for name, site in network.sites.items()}

    assert network.custody == custody
    assert places == {
        "ams": ("127.0.0.2", "ams.shieldnet.example"),
        "yyz": ("127.0.0.3", "yyz.shieldnet.example"),
    }


@pytest.mark.parametrize(
    ("offset", "posix", "delta"),
    [
        ("+01:00", "<+0100>-01:00", dt.timedelta(hours=1)),
        ("-05:00", "<-0500>05:00", dt.timedelta(hours=-5)),
        ("-03:30", "<-0330>03:30", dt.timedelta(hours=-3, minutes=-30)),
        ("+00:00", "<+0000>-00:00", dt.timedelta(0)),
    ],
)
def test_a_site_has_one_zone_for_logs_and_headers(
    tmp_path: Path, offset: str, posix: str, delta: dt.timedelta
) -> None:
    text = f'[site.one]\ndomain = "one.example"\naddress = "127.0.0.2"\nutc_offset = "{offset}"\n'
    site = read(settings(tmp_path, text)).sites["one"]

    assert (site.posix_zone, site.zone.utcoffset(None)) == (posix, delta)


SITE = '[site.one]\ndomain = "one.example"\naddress = "127.0.0.2"\n'


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("custody = ", "is not TOML"),
        ("colour = 1\n" + SITE, "unknown word 'colour'"),
        (SITE + "shoe = 1\n", "[site.one] has the unknown word 'shoe'"),
        ('custody = "cloud"\n' + SITE, "custody cannot be 'cloud'"),
        ("only_encrypted = false\n" + SITE, 'only the test mode, custody = "server"'),
        ("retention_days = 0\n" + SITE, "a number from 1 to 3650"),
        ("retention_days = true\n" + SITE, "a number from 1 to 3650"),
        ("version = 2\n" + SITE, "reads version 1"),
        ("", "at least one table"),
        (SITE.replace("one]", "One]"), "small letters"),
        (SITE.replace("127.0.0.2", "here"), "site.one.address cannot be 'here'"),
        (SITE.replace("one.example", "one example"), "site.one.domain"),
        (SITE + "relay_port = 70000\n", "site.one.relay_port cannot be 70000"),
        (SITE + "relay_port = 10993\n", "two services have the same"),
        (SITE + SITE.replace("site.one", "site.two"), "two sites have the same"),
        (SITE + 'utc_offset = "1h"\n', "like +01:00"),
    ],
)
def test_what_the_settings_cannot_mean_is_one_sentence(
    tmp_path: Path, text: str, part: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        read(settings(tmp_path, text))

    assert part in str(refused.value)


def test_a_folder_without_settings_is_told_how_to_make_a_network(tmp_path: Path) -> None:
    with pytest.raises(NoNetworkError, match="shieldnet init"):
        load(tmp_path)


def test_a_half_made_network_names_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(HalfMadeError, match=r"sites/ams/registry\.db is missing"):
        load(settings(tmp_path))


def test_an_unknown_site_names_the_known_ones(tmp_path: Path) -> None:
    network = read(settings(tmp_path))
    with pytest.raises(UnknownSiteError, match="it has ams, yyz"):
        network.site("lon")
    with pytest.raises(UnknownSiteError, match=r"end in ams\.shieldnet\.example"):
        network.site_of("d1@elsewhere.example")

    assert network.site_of("D1@YYZ.shieldnet.example").name == "yyz"
