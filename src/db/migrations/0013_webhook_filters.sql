-- Which events a webhook wants by what is in them: as it was written, as the path that decides, and the fields that it
-- looks at, for the reason of an event that it kept out. See delivery/filter.ts.

alter table endpoint
  add column filter json,
  add column filter_path jsonpath,
  add column filter_on text;
