-- The same person again: by email (there is an index) or by the digits of the telephone number.
create index lead_phone on lead (workspace_id, regexp_replace(phone, '[^0-9]', '', 'g'), id) where phone is not null;

-- Whom new leads go to, by source ('' for every other), and whose turn it is; kept where the statement that makes
-- leads has a lock already. See crm/leads/lead-intake.ts.
alter table lead_counter
  add column assignment jsonb,
  -- The same as it was asked for.
  add column assignment_set jsonb,
  add column turns jsonb not null default '{}';
