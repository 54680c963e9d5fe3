-- The journal is written once and never rewritten: what a plan is to call, one
-- row for all steps that were added together, and then one row for each time
-- that steps moved on. A plan of fifty steps begins and ends with a few rows.

-- A list of {"call": …, "inverse": …} of the steps from first on.
create table plan_call (
	plan_id text    not null references plan (id) on delete cascade,
	first   integer not null,
	calls   text    not null,
	primary key (plan_id, first)
) strict, without rowid;

-- Steps begin as planned; the last mark that names a step says where it stands.
create table plan_mark (
	plan_id text    not null references plan (id) on delete cascade,
	number  integer not null,
	first   integer not null, -- step
	last    integer not null check (last >= first),
	state   text    not null check (state in ('planned', 'intended', 'done', 'failed', 'undone', 'skipped')),
	at      text    not null,
	error   text    not null default '',
	primary key (plan_id, number)
) strict, without rowid;

insert into plan_call (plan_id, first, calls)
	select plan_id, seq, json_array(iif(inverse is null, json_object('call', json(call)), json_object('call', json(call), 'inverse', json(inverse))))
	from plan_step;

-- Of each step the older time first, then the state that it is in.
insert into plan_mark (plan_id, number, first, last, state, at)
	select plan_id, 2 * seq, seq, seq, iif(state = 'intended', 'planned', 'intended'), iif(state = 'intended', ended, intended)
	from plan_step where iif(state = 'intended', ended, intended) is not null;
insert into plan_mark (plan_id, number, first, last, state, at, error)
	select s.plan_id, 2 * s.seq + 1, s.seq, s.seq, s.state, coalesce(iif(s.state = 'intended', s.intended, s.ended), p.updated), s.error
	from plan_step s join plan p on p.id = s.plan_id where s.state <> 'planned' or s.ended is not null;

drop table plan_step;
