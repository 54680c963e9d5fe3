-- What IAM cannot say about one account. Keys are unique ids (AIDA…, AGPA…),
-- so a rename in IAM loses nothing and a successor of the same name inherits
-- nothing. Times are RFC 3339 in UTC.

create table meta (
	name  text primary key,
	value text not null
) strict, without rowid;

-- A row, even an empty one, says that SCIM wrote this user: the attributes
-- are authoritative and nothing is derived any more.
create table person (
	user_id    text primary key,
	attributes text not null check (json_valid(attributes)),
	updated    text not null,
	actor      text not null
) strict, without rowid;

-- display_name is there only for a name too long for IAM, and holds only while
-- the group is still called iam_name.
create table group_attribute (
	group_id     text primary key,
	external_id  text not null default '',
	display_name text not null default '',
	iam_name     text not null default '',
	updated      text not null,
	actor        text not null
) strict, without rowid;

create table ownership (
	kind   text not null,
	id     text not null,
	origin text not null check (origin in ('created', 'adopted')),
	actor  text not null,
	at     text not null,
	primary key (kind, id)
) strict, without rowid;

-- What a deactivation took away and a reactivation gives back: a list of
-- {kind, id}. Never overwritten while the user is deactivated. Denies are the
-- policies that this server placed; any other deny is somebody else's.
create table deactivation (
	user_id     text primary key,
	credentials text not null check (json_valid(credentials)),
	denies      text not null default '[]' check (json_valid(denies)),
	at          text not null,
	actor       text not null
) strict, without rowid;

-- The journal. A plan that only rolls forward (deactivate, delete) is retried
-- until done or superseded; any other undoes its completed steps on failure.
create table plan (
	id        text primary key,
	kind      text not null,
	direction text not null check (direction in ('forward', 'undo')),
	digest    text not null, -- of the desired state, so that an equal retry joins
	state     text not null check (state in ('running', 'undoing', 'retry', 'waiting', 'done', 'undone', 'superseded', 'failed')),
	actor     text not null,
	created   text not null,
	updated   text not null,
	retry_at  text,
	note      text not null default ''
) strict, without rowid;

create index plan_open on plan (created, id) where state in ('running', 'undoing', 'retry', 'waiting');

-- The objects a plan touches: while it is open, other writes to them wait. An
-- object that does not exist yet has its name instead of an id.
create table plan_object (
	plan_id text not null references plan (id) on delete cascade,
	kind    text not null,
	id      text not null,
	name    text not null default '',
	primary key (plan_id, kind, id, name)
) strict, without rowid;

create index plan_object_id on plan_object (kind, id);

-- Intent is committed before each IAM call, the outcome after. Neither body nor
-- inverse ever holds a secret.
create table plan_step (
	plan_id  text    not null references plan (id) on delete cascade,
	seq      integer not null,
	call     text    not null check (json_valid(call)),
	inverse  text    check (json_valid(inverse)),
	state    text    not null check (state in ('planned', 'intended', 'done', 'failed', 'undone', 'skipped')),
	intended text,
	ended    text,
	error    text    not null default '',
	primary key (plan_id, seq)
) strict, without rowid;

-- The brake is latched while its newest row has no release.
create table brake (
	seq         integer primary key autoincrement,
	latched     text not null,
	reason      text not null,
	actor       text not null,
	released    text,
	released_by text
) strict;

-- People who lost access, for the sliding window.
create table brake_event (
	seq     integer primary key autoincrement,
	at      text not null,
	user_id text not null,
	plan_id text not null,
	actor   text not null
) strict;

create index brake_event_at on brake_event (at, user_id);

-- The observation that is held at the moment, at most one.
create table held (
	only   integer primary key check (only = 1),
	id     text not null,
	losses text not null check (json_valid(losses)),
	since  text not null
) strict;

-- An operator's release of the held observation.
create table confirmation (
	observation_id text primary key,
	actor          text not null,
	at             text not null
) strict, without rowid;

-- Each row's hash covers the row and the hash before it.
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

create index audit_object on audit (object_kind, object_id, seq);

create trigger audit_no_update before update on audit begin
	select raise(abort, 'the audit log is append-only');
end;

create trigger audit_no_delete before delete on audit begin
	select raise(abort, 'the audit log is append-only');
end;
