-- The chance that a deal in this stage is won, in percent; null: not set, as for stages of earlier releases.
alter table stage add column probability smallint check (probability between 0 and 100);
