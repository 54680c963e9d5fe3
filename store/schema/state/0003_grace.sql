-- Users whom a client deleted and who are kept, deactivated, until due. The row
-- is written before the first call of the plan that deactivates them; once that
-- plan is done, since says so, and from then on the user is gone from SCIM.
create table pending_deletion (
	user_id   text primary key,
	name      text not null, -- in IAM
	user_name text not null, -- as it was shown
	plan_id   text not null,
	due       text not null,
	since     text,
	actor     text not null
) strict, without rowid;

-- A plan that is not carried out takes its intent with it.
create trigger pending_deletion_dropped after update of state on plan
when new.state in ('undone', 'superseded', 'failed') begin
	delete from pending_deletion where plan_id = new.id and since is null;
end;
