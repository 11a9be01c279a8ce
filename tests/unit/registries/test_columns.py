"""Columns: a table is what its columns say, in four languages."""

from __future__ import annotations

import pytest

from zegel.registries.columns import ROLES, plain, roles, says_events, says_passphrases, says_who


@pytest.mark.parametrize(
    "names",
    [
        "serial,address,holder,valid_from,valid_to",
        "IMEI,E-mail,User,Issued,Returned",
        "Toestel,E-mailadres,Houder,Vanaf,Tot",
        "Gerät,E-Mail-Adresse,Inhaber,Gültig ab,Gültig bis",
        "appareil,courriel,détenteur,début,fin",
        "deviceSerial,accountName,issuedTo,startDate,endDate",
    ],
)
def test_a_registry_is_recognised_in_four_languages(names: str) -> None:
    parts = roles(names.split(","))

    expected = {"device": 0, "account": 1, "holder": 2, "start": 3, "end": 4}
    assert expected == {part: parts[part] for part in expected}
    assert says_who(parts)


@pytest.mark.parametrize(
    "names",
    [
        "order,date,serial,buyer,price,currency",
        "factuurnr,datum,toestel,koper,prijs,valuta",
        "Rechnungsnummer,Datum,Seriennummer,Käufer,Preis,Währung",
        "Facture,Date,IMEI,Acheteur,Prix,Devise",
    ],
)
def test_a_ledger_is_recognised_in_four_languages(names: str) -> None:
    parts = roles(names.split(","))

    expected = {"order": 0, "start": 1, "device": 2, "buyer": 3, "price": 4, "currency": 5}
    assert expected == {part: parts[part] for part in expected}
    assert says_who(parts)


@pytest.mark.parametrize(
    "names", ["key,value", "id,text,date", "serial,model,status", "subject,body", "", "buyer,price"]
)
def test_other_tables_are_not(names: str) -> None:
    parts = roles(names.split(","))

    recognised = [says_who(parts), says_events(parts), says_passphrases(parts)]
    assert recognised == [False, False, False]


def test_the_better_of_two_names_wins_wherever_it_stands() -> None:
    assert roles(["imei", "created", "serial", "valid_from"]) == {"device": 2, "start": 3}


def test_events_are_told_from_sales() -> None:
    assert says_events(roles(["at", "serial", "kind", "detail"]))
    assert not says_events(roles(["date", "serial", "kind", "price"]))


def test_every_known_name_is_in_its_plain_form_so_that_it_can_be_met() -> None:
    names = {name for ranks in ROLES.values() for name in ranks}

    assert names == {plain(name) for name in names}
