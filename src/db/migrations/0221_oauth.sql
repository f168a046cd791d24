-- Apps that people authorise by OAuth (src/oauth). An authorisation is the API key of an agent; its codes and tokens are here.

-- {client_id, name, host, scope} of the authorised app; null: a key that somebody made.
alter table api_key add column app json;
create index api_key_app on api_key (workspace_id, maker_id) where app is not null;

-- Apps that registered themselves. Those with a metadata document have its URL as their id, and no row.
create table oauth_client (
  id uuid primary key,
  name text not null,
  redirect_uris text[] not null,
  created_at timestamptz(3) not null,
  last_used_at timestamptz(3)
);

create table oauth_code (
  hash bytea primary key,
  workspace_id uuid not null,
  api_key_id uuid not null,
  redirect_uri text not null,
  challenge text not null,
  expires_at timestamptz(3) not null,
  used_at timestamptz(3)
);
create index oauth_code_expiry on oauth_code (expires_at);

-- All tokens of one key are a family: they end together. A used refresh token stays until it expires, so that a second use
-- is noticed.
create table oauth_token (
  hash bytea primary key,
  kind text not null check (kind in ('access', 'refresh')),
  workspace_id uuid not null,
  api_key_id uuid not null,
  expires_at timestamptz(3) not null,
  used_at timestamptz(3)
);
create index oauth_token_expiry on oauth_token (expires_at);

-- Requests of networks without a session, within the hour. There is no workspace yet: its id is that of the endpoint.
create table oauth_visitor (
  workspace_id uuid not null,
  endpoint_id uuid not null,
  subject bytea not null,
  since timestamptz(3) not null,
  count integer not null,
  primary key (workspace_id, endpoint_id, subject)
);
