-- Memberships in two b-trees instead of four, each in the order in which it is
-- read: those that are current stand together and are found without passing any
-- that ended. A current membership has the largest number there is as its end.

create table membership_3 (
	group_id text not null,
	to_gen   integer not null, -- 9223372036854775807: current
	user_id  text not null,
	from_gen integer not null check (from_gen < to_gen),
	primary key (group_id, to_gen, user_id)
) strict, without rowid;
insert into membership_3 (group_id, to_gen, user_id, from_gen)
	select group_id, coalesce(to_gen, 9223372036854775807), user_id, min(from_gen) from membership
	where from_gen < coalesce(to_gen, 9223372036854775807) group by 1, 2, 3;
drop table membership;
alter table membership_3 rename to membership;
create index membership_user on membership (user_id, to_gen, group_id, from_gen);

-- What is protected is looked for by either end.

create table protection_3 (
	id    text not null,
	other text not null,
	kind  text not null,
	until text not null,
	primary key (id, other, kind)
) strict, without rowid;
insert into protection_3 (id, other, kind, until) select id, other, kind, until from protection;
drop table protection;
alter table protection_3 rename to protection;
create index protection_other on protection (other, until);
