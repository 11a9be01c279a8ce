-- A registry of another make: Dutch columns, epoch times, cents beside euros, a column of PINs.
CREATE TABLE toestellen (Serienummer TEXT, "E-mailadres" TEXT, Houder TEXT, Vanaf INTEGER,
  Tot INTEGER, Wachtwoord TEXT, kleur BLOB);
INSERT INTO toestellen VALUES
  ('T-1', 't1@net.example', 'De Reiger', 1446541964, 1452384000000, 'otter blauw 12', x'00ff'),
  ('T-2', 't2@net.example', 'Zoë', 1446541964, NULL, '{SHA512-CRYPT}$6$abc$def', NULL);
CREATE TABLE verkoop (Factuurnr TEXT, Datum TEXT, Toestel TEXT, Klant TEXT, "Prijs (EUR)" TEXT);
INSERT INTO verkoop VALUES ('F-9', '03-11-2015', 'T-1', 'Kraan & Zn', '1.500,00'),
  ('F-10', 'morgen', 'T-2', 'Kraan & Zn', 'gratis');
CREATE TABLE instellingen (sleutel TEXT, waarde TEXT);
INSERT INTO instellingen VALUES ('taal', 'nl');
CREATE VIEW alles AS SELECT * FROM toestellen;
