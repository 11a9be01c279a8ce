-- The layout of docs/reference/copied-site.md, made by hand.
PRAGMA user_version = 1;
CREATE TABLE site (name TEXT, domain TEXT, host TEXT, country TEXT, utc_offset TEXT);
INSERT INTO site VALUES ('ams', 'ams.shieldnet.example', 'mx.ams.shieldnet.example', 'NL', '+01:00');
CREATE TABLE device (serial TEXT PRIMARY KEY, imei TEXT UNIQUE, address TEXT UNIQUE, model TEXT,
  status TEXT, custody TEXT, fingerprint TEXT, camera INTEGER, microphone INTEGER, created TEXT,
  last_seen TEXT);
INSERT INTO device VALUES ('SN-AMS-000017', '004999010640000', 'd00017@ams.shieldnet.example',
  'Cobalt S1', 'active', 'server', '00112233445566778899aabbccddeeff00112233', 0, 0,
  '2015-10-01T08:00:00Z', NULL);
CREATE TABLE holding (id INTEGER PRIMARY KEY, serial TEXT, address TEXT, holder TEXT,
  valid_from TEXT, valid_to TEXT);
INSERT INTO holding VALUES (1, 'SN-AMS-000017', 'd00017@ams.shieldnet.example', 'grey heron',
  '2015-11-03T09:12:44Z', '2016-01-10T00:00:00Z');
INSERT INTO holding VALUES (2, 'SN-AMS-000017', 'd00017@ams.shieldnet.example', 'kranenburg 4',
  '2016-01-12T10:00:00Z', NULL);
CREATE TABLE event (id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT, serial TEXT, kind TEXT, detail TEXT);
INSERT INTO event (at, serial, kind, detail) VALUES
  ('2015-10-01T08:00:00Z', 'SN-AMS-000017', 'registered', '{"model":"Cobalt S1"}'),
  ('2015-11-03T09:12:44Z', 'SN-AMS-000017', 'issued', '{"fingerprint":"00","holder":"grey heron"}'),
  ('2015-12-01T00:00:00Z', 'SN-AMS-000017', 'key rolled', '{"fingerprint":"01","previous":"00"}'),
  ('2016-01-10T00:00:00Z', 'SN-AMS-000017', 'blocked', '{"holder":"grey heron"}'),
  ('2016-01-12T10:00:00Z', 'SN-AMS-000017', 'reissued',
   '{"fingerprint":"02","holder":"kranenburg 4","previous":"grey heron"}');
CREATE TRIGGER no_update BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'append-only'); END;
