-- When a webhook is taken out of service: after so many failed attempts in a row (null: never), and on a 410 where
-- its format leaves that open. The lane counts, as its holder alone sees every outcome.

alter table endpoint
  add column disable_after integer check (disable_after > 0),
  add column disable_on_410 boolean not null default false;

alter table lane add column failures integer not null default 0;
