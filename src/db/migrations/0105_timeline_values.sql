-- The new values of changed fields: a timeline shows "Status: Contacted → Lost", also once the event is no longer kept.
-- Null for entries of earlier releases; their new values are read from the event.
alter table activity add column changed_to json;
