-- How many people the refused change would have cut off: a release lets as many
-- through.
alter table brake add column people integer not null default 0;

-- What an entry of the operator's list was resolved to. Names change, ids do
-- not: a rename lifts no protection. Rows of an entry that is no longer in the
-- list mean nothing.
create table protected (
	entry text not null,
	kind  text not null,
	id    text not null,
	at    text not null,
	primary key (entry, kind, id)
) strict, without rowid;
