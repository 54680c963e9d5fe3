-- A pending deletion that waits for an operator: nobody had this file for long,
-- so it may be a backup, and the deletion may have been cancelled since.
alter table pending_deletion add column waits integer not null default 0 check (waits in (0, 1));
