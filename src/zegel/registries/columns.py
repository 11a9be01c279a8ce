"""Tells from its column names what a table says of devices, holders, sales or passphrases.

Names in English, Dutch, German and French, in any spelling of case, accents and separators. A
table is recognised by its columns only, never by its own name or its file's. No specification:
there is none for how people name columns.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from types import MappingProxyType

# Of several columns for one meaning, the name further left wins.
_NAMES: Mapping[str, str] = {
    "device": """
        serial serial_number serial_no serial_nr serialnumber serialno sn device_serial
        serienummer seriennummer numero_de_serie no_serie num_serie
        imei imei_number imei_nr device_imei
        device_id device device_no toestel toestelnummer toestel_id handset geraet gerat
        geraetenummer appareil terminal""",
    "account": """
        email e_mail email_address e_mail_address mail_address emailadres e_mailadres mailadres
        email_adresse
        e_mail_adresse mail_adresse adresse_mail adresse_email courriel
        mailbox mail account account_name account_address
        compte konto address adres adresse login""",
    "holder": """
        holder holder_name houder inhaber titulaire detenteur nickname nick alias bijnaam
        spitzname surnom pseudo issued_to assigned_to uitgegeven_aan user user_name username
        gebruiker gebruikersnaam nutzer benutzer utilisateur name naam nom""",
    "buyer": """
        buyer buyer_name purchaser bought_by sold_to koper verkocht_aan kaeufer kaufer acheteur
        customer customer_name client client_name klant klantnaam kunde kundenname""",
    "start": """
        valid_from from start start_date starts start_time issued issued_at issued_on issue_date
        registered registered_at registered_on registration_date assigned assigned_at activated
        activated_at since vanaf van begin begindatum startdatum ingangsdatum uitgegeven
        uitgegeven_op uitgifte uitgiftedatum geregistreerd gueltig_ab gultig_ab von ab seit
        beginn ausgegeben ausgegeben_am registriert depuis debut date_debut date_de_debut
        emis_le enregistre_le du
        sale_date sold_at sold_on sold date_of_sale order_date purchase_date verkoopdatum
        verkaufsdatum date_vente date_de_vente date datum
        created created_at creation_date aangemaakt erstellt""",
    "end": """
        valid_to valid_until to end end_date ends end_time until till returned returned_at
        returned_on return_date tot tot_en_met t_m einde einddatum ingeleverd ingeleverd_op
        gueltig_bis gultig_bis bis ende enddatum zurueckgegeben zuruckgegeben fin date_fin
        date_de_fin jusqu_au jusque rendu rendu_le au""",
    "price": """
        price sale_price unit_price prijs verkoopprijs preis verkaufspreis prix prix_de_vente
        amount bedrag betrag montant total totaal summe somme""",
    "cents": """
        price_cents price_in_cents amount_cents cents prijs_cent prijs_in_centen bedrag_centen
        preis_cent betrag_cent prix_centimes""",
    "currency": "currency currency_code valuta munt munteenheid waehrung wahrung devise monnaie",
    "order": """
        order order_no order_nr order_number order_id ordernummer bestelling bestelnummer
        bestellung bestellnummer auftrag auftragsnummer commande no_commande numero_commande
        invoice invoice_no invoice_nr invoice_number factuur factuurnummer factuurnr rechnung
        rechnungsnummer facture no_facture numero_facture receipt receipt_no bonnummer""",
    "passphrase": """
        passphrase pass_phrase password passwd pass passcode pin pin_code pincode unlock_code
        key_passphrase key_password secret_passphrase wachtwoord wachtwoordzin wachtzin
        toegangscode ontgrendelcode passwort kennwort mot_de_passe phrase_secrete code_pin""",
    "when": """
        at time timestamp event_time occurred_at logged_at tijd tijdstip zeit zeitpunkt heure
        horodatage date datum created_at""",
    "kind": """
        kind event event_type event_kind action gebeurtenis actie ereignis aktion evenement""",
    "detail": "detail details payload toelichting bijzonderheden einzelheiden",
}
ROLES: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        role: {name: rank for rank, name in enumerate(names.split())}
        for role, names in _NAMES.items()
    }
)
_CURRENCY_SUFFIX = re.compile(r"_(eur|euro|usd|cad|gbp|chf)\Z")
_LONGEST_NAME = 200


def plain(name: str) -> str:
    """Return a column's name in lower case without accents, words joined by `_`."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name[:_LONGEST_NAME])
    letters = unicodedata.normalize("NFKD", split.replace("ß", "ss")).encode("ascii", "ignore")
    return re.sub(r"[^a-z0-9]+", "_", letters.decode().lower()).strip("_")


def roles(names: Sequence[str]) -> dict[str, int]:
    """Return which column (by position) plays which part; the best name wins each part."""
    result: dict[str, tuple[int, int]] = {}
    for position, name in enumerate(names):
        word = plain(name)
        bare = _CURRENCY_SUFFIX.sub("", word)
        for role, ranks in ROLES.items():
            rank = ranks.get(word, ranks.get(bare) if role in ("price", "cents") else None)
            if rank is not None and rank < result.get(role, (len(ranks), 0))[0]:
                result[role] = (rank, position)
    return {role: position for role, (_, position) in result.items()}


def currency_of(name: str) -> str:
    """Return the currency that a price column's name ends in, or nothing."""
    found = _CURRENCY_SUFFIX.search(plain(name))
    return found[1].upper()[:3] if found else ""


def says_who(parts: Mapping[str, int]) -> bool:
    """Say whether a table with these columns is a registry or a ledger.

    It must name a device or an account, and besides it a date, a buyer or a price.
    """
    subject = "device" in parts or "account" in parts
    return subject and any(role in parts for role in ("start", "end", "buyer", "price", "cents"))


def says_events(parts: Mapping[str, int]) -> bool:
    """Say whether a table with these columns tells what happened to devices, and when."""
    subject = "device" in parts or "account" in parts
    sale = any(role in parts for role in ("buyer", "price", "cents", "end"))
    return subject and "when" in parts and "kind" in parts and not sale


def says_passphrases(parts: Mapping[str, int]) -> bool:
    """Say whether a table has a column of passphrases."""
    return "passphrase" in parts
