-- A change looks for what is protected of each user that it touches, by either
-- end of a membership.

create index protection_id on protection (id);
create index protection_other on protection (other);
