-- The hosts who were invited: one who is replaced gets a cancelation for their calendar. See scheduling/invitations/ and
-- decisions/0058.
alter table appointment add column invited_host_ids uuid[] not null default '{}';
update appointment set invited_host_ids = array_remove(array_prepend(host_id, co_host_ids), null) where invited_as is not null;
