# Written by `shieldnet up`; changes here are lost.
driver = sqlite
connect = @SITE@/registry.db
default_pass_scheme = SSHA512
password_query = SELECT login.address AS user, login.password AS password FROM login JOIN device USING (address) WHERE login.address = '%u' AND device.status = 'active'
# Mailboxes of blocked and wiped devices stay reachable for doveadm, but nothing new is delivered
# into them. Under a legal hold what a phone deletes is kept in EXPUNGED.
user_query = SELECT '@SITE@/mail/%u' AS home, 'mail' AS uid, 'mail' AS gid, CASE WHEN EXISTS (SELECT 1 FROM hold WHERE lifted IS NULL AND (hold.address IS NULL OR hold.address = '%u')) THEN 'EXPUNGED' END AS lazy_expunge FROM device WHERE address = '%u' AND (status = 'active' OR '%s' <> 'lmtp')
iterate_query = SELECT address AS user FROM device WHERE status <> 'stock'
