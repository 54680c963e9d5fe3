-- Users to look at once more a moment after they were deactivated: until the
-- deny is in force everywhere they may still have made a credential.
create table recheck (
	user_id text primary key,
	at      text not null,
	actor   text not null
) strict, without rowid;
