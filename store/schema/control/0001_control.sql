-- What belongs to no single account. Times are RFC 3339 in UTC.

create table token (
	id         text primary key,
	name       text not null,
	hash       blob not null check (length(hash) = 32), -- SHA-256; the token itself is nowhere
	scopes     text not null,                           -- separated by blanks
	account_id text not null,
	user_id    text not null default '',
	profile    text not null default '',
	created    text not null,
	expires    text,
	last_used  text,
	revoked    text
) strict, without rowid;

-- Events that no account can be named for, such as requests without a valid
-- token. Each row's hash covers the row and the hash before it.
create table audit (
	seq         integer primary key,
	at          text not null,
	actor       text not null,
	action      text not null,
	object_kind text not null,
	object_id   text not null,
	outcome     text not null,
	body        text not null check (json_valid(body)),
	previous    blob not null check (length(previous) = 32),
	hash        blob not null check (length(hash) = 32)
) strict;

create trigger audit_no_update before update on audit begin
	select raise(abort, 'the audit log is append-only');
end;

create trigger audit_no_delete before delete on audit begin
	select raise(abort, 'the audit log is append-only');
end;
