-- Further addresses of a contact; its columns email and phone hold the first ones.
alter table contact add column other_emails text[] not null default '{}';
alter table contact add column other_phones text[] not null default '{}';

-- The digits of each number, for an index of them.
create function phone_digits_list(phones text[]) returns text[] language sql immutable parallel safe
  return (select array_agg(phone_digits(phone)) from unnest(phones) phone);

-- Partial: contacts with one address, which most are, pay nothing.
create index contact_other_emails on contact using gin (caseless_tags(other_emails)) where other_emails <> '{}';
create index contact_other_phones on contact using gin (phone_digits_list(other_phones)) where other_phones <> '{}';

-- By which two websites are the same: without scheme, `www.`, query and the slash at the end.
create function website_key(website text) returns text language sql immutable parallel safe
  return regexp_replace(lower(website), '^https?://(www\.)?|[?#].*$|/+$', '', 'g');
create index company_website_key on company (workspace_id, website_key(website), id) where website is not null;
