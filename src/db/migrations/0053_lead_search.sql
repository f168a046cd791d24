-- Leads are searched by trigrams of what stands in them, in any script. Each word follows a space, also the first, so
-- that what begins a word can be asked for. Long notes count with their beginning.
create function lead_words(first_name text, last_name text, email text, phone text, notes text)
returns text language sql immutable parallel safe
return lower(
  ' ' || coalesce(first_name, '') || ' ' || coalesce(last_name, '') || ' ' || coalesce(email, '') || ' '
  || coalesce(phone, '') || ' ' || coalesce(regexp_replace(phone, '[^0-9]', '', 'g'), '') || ' '
  || coalesce(left(notes, 2000), ''));

create index lead_search on lead using gin (lead_words(first_name, last_name, email, phone, notes) gin_trgm_ops);
