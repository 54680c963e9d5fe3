-- A finished plan keeps no calls: they hold what was written to tags of people,
-- who may have been erased since. What was done is in the audit log.
delete from plan_call where plan_id in (select id from plan where state in ('done', 'undone', 'superseded', 'failed'));
delete from plan_mark where plan_id in (select id from plan where state in ('done', 'undone', 'superseded', 'failed'));
