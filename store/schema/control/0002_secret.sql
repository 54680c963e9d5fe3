-- Keys that this server makes up for itself. None opens anything: with the key
-- of cursors one can make cursors, for which a token is needed all the same.
create table secret (
	name  text primary key,
	value blob not null check (length(value) = 32)
) strict, without rowid;
