-- Indexes on current memberships: without them, whoever looks for the groups of
-- a user or the members of a group passes all that ended. to_gen makes them
-- cover what is asked for, which is why SQLite prefers them.

create index membership_current on membership (user_id, group_id, to_gen) where to_gen is null;
create index membership_members on membership (group_id, user_id, to_gen) where to_gen is null;
create index membership_history on membership (user_id, from_gen);
drop index membership_user;

-- A change looks for what is protected of each user that it touches, by either
-- end of a membership.

create index protection_id on protection (id, until);
create index protection_other on protection (other, until);
