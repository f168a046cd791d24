-- What a test inbox holds is sealed (base/seal.ts), and the secret of its URL is known by its hash. See delivery/inbox.ts.
-- Where these are null, a row is of a version that stored it in the clear; such rows end with their inbox, within 7 days.

alter table inbox
  -- SHA-256 of the URL's secret; `secret` is empty then.
  add column secret_hash bytea,
  add column sealed_secret bytea;

-- {query, headers, body}, the body as base64; the columns of the same names are empty then.
alter table inbox_request add column sealed bytea;
