-- What IAM said, with its history. A row is valid in the generations
-- [from_gen, to_gen); a current row has no to_gen. Times are RFC 3339 text in
-- UTC with nine digits, so that they sort as text. Columns that filters and
-- orders use hold case-folded text unless the attribute is case-exact.

create table setting (
	name  text primary key,
	value text not null
) strict, without rowid;

create table generation (
	id    integer primary key,
	at    text not null unique,
	actor text not null
) strict;

-- The counters of a resource. changed_gen moves with memberships, shape_gen
-- does not. The row outlives the resource.
create table resource (
	kind        text not null,
	id          text not null,
	created_gen integer not null,
	shape_gen   integer not null,
	changed_gen integer not null,
	changed_at  text not null,
	deleted_gen integer,
	primary key (kind, id)
) strict, without rowid;
create index resource_changed on resource (kind, changed_at);

-- What each generation did, in order: created, updated, member or deleted.
create table change (
	gen  integer not null,
	kind text not null,
	id   text not null,
	what text not null,
	primary key (gen, kind, id)
) strict, without rowid;

create table user (
	row             integer primary key,
	id              text not null,
	from_gen        integer not null,
	to_gen          integer,
	created         text not null,
	digest          blob not null,
	label           text not null,
	user_name       text not null,
	external_id     text,
	display_name    text,
	family_name     text,
	given_name      text,
	title           text,
	user_type       text,
	employee_number text,
	department      text,
	arn             text,
	path            text,
	active          integer not null,
	search          blob not null
) strict;
create unique index user_current on user (id) where to_gen is null;
create index user_history on user (id, from_gen);
create index user_closed on user (to_gen) where to_gen is not null;
create index user_order on user (created, id, to_gen) where to_gen is null;
create index user_user_name on user (user_name, created, id, to_gen) where to_gen is null;
create index user_external_id on user (external_id, created, id, to_gen) where to_gen is null;
create index user_display_name on user (display_name, created, id, to_gen) where to_gen is null;
create index user_family_name on user (family_name, created, id, to_gen) where to_gen is null;
create index user_given_name on user (given_name, created, id, to_gen) where to_gen is null;
create index user_title on user (title, created, id, to_gen) where to_gen is null;
create index user_user_type on user (user_type, created, id, to_gen) where to_gen is null;
create index user_employee_number on user (employee_number, created, id, to_gen) where to_gen is null;
create index user_department on user (department, created, id, to_gen) where to_gen is null;
create index user_arn on user (arn, created, id, to_gen) where to_gen is null;
create index user_path on user (path, created, id, to_gen) where to_gen is null;
create index user_active on user (active, created, id, to_gen) where to_gen is null;
create table user_body (row integer primary key, body blob not null) strict;

create table grp (
	row          integer primary key,
	id           text not null,
	from_gen     integer not null,
	to_gen       integer,
	created      text not null,
	digest       blob not null,
	label        text not null,
	display_name text not null,
	external_id  text,
	arn          text,
	path         text,
	search       blob not null
) strict;
create unique index grp_current on grp (id) where to_gen is null;
create index grp_history on grp (id, from_gen);
create index grp_closed on grp (to_gen) where to_gen is not null;
create index grp_order on grp (created, id, to_gen) where to_gen is null;
create index grp_display_name on grp (display_name, created, id, to_gen) where to_gen is null;
create index grp_external_id on grp (external_id, created, id, to_gen) where to_gen is null;
create index grp_arn on grp (arn, created, id, to_gen) where to_gen is null;
create table grp_body (row integer primary key, body blob not null) strict;

create table policy (
	row      integer primary key,
	id       text not null,
	from_gen integer not null,
	to_gen   integer,
	created  text not null,
	digest   blob not null,
	label    text not null,
	arn      text,
	name     text not null,
	path     text,
	search   blob not null
) strict;
create unique index policy_current on policy (id) where to_gen is null;
create index policy_history on policy (id, from_gen);
create index policy_closed on policy (to_gen) where to_gen is not null;
create index policy_order on policy (created, id, to_gen) where to_gen is null;
create index policy_arn on policy (arn, created, id, to_gen) where to_gen is null;
create index policy_name on policy (name, created, id, to_gen) where to_gen is null;
create table policy_body (row integer primary key, body blob not null) strict;

create table role (
	row      integer primary key,
	id       text not null,
	from_gen integer not null,
	to_gen   integer,
	created  text not null,
	digest   blob not null,
	label    text not null,
	arn      text,
	name     text not null,
	path     text,
	search   blob not null
) strict;
create unique index role_current on role (id) where to_gen is null;
create index role_history on role (id, from_gen);
create index role_closed on role (to_gen) where to_gen is not null;
create index role_order on role (created, id, to_gen) where to_gen is null;
create index role_arn on role (arn, created, id, to_gen) where to_gen is null;
create index role_name on role (name, created, id, to_gen) where to_gen is null;
create table role_body (row integer primary key, body blob not null) strict;

-- Values of the multi-valued attributes that filters look up; current rows only.
create table element (
	attribute integer not null,
	value     text not null,
	row       integer not null,
	primary key (attribute, value, row)
) strict, without rowid;
create index element_row on element (attribute, row);

create table membership (
	group_id text not null,
	user_id  text not null,
	from_gen integer not null,
	to_gen   integer,
	primary key (group_id, user_id, from_gen)
) strict, without rowid;
create index membership_user on membership (user_id, group_id, from_gen, to_gen);
create index membership_closed on membership (to_gen) where to_gen is not null;

-- What merely ages: no history, no generation.

create table activity (
	user_id            text primary key,
	observed_at        text not null,
	password_last_used text,
	last_activity      text,
	keys               blob,
	body               text not null
) strict, without rowid;

create table ageing (
	kind    text not null,
	id      text not null,
	number  integer,
	last    text,
	region  text,
	primary key (kind, id)
) strict, without rowid;

create table status (
	only     integer primary key check (only = 1),
	observed text not null,
	took     integer not null,
	body     text not null
) strict;

-- Caches of what was read from IAM.

create table source (
	name text primary key,
	at   text not null,
	body blob not null
) strict;

create table detail (
	user_id text primary key,
	at      text not null,
	gen     integer not null,
	body    blob not null
) strict;

create table policy_document (
	arn      text not null,
	version  text not null,
	document text not null,
	primary key (arn, version)
) strict;

-- What an observation begun before until must not overwrite.
create table protection (
	kind  text not null,
	id    text not null,
	other text not null,
	until text not null,
	primary key (kind, id, other)
) strict, without rowid;
