-- Public forms: what they ask, what came in by them, and what was taken for spam.

create table form (
  workspace_id uuid not null,
  id uuid not null,
  version integer not null,
  name text not null,
  title text,
  intro text,
  -- json, not jsonb: their order is the page's.
  fields json not null,
  consent_text text,
  consent_required boolean not null,
  submit_label text not null,
  thanks_text text not null,
  redirect_url text,
  source text,
  owner_id uuid,
  allowed_origins text[] not null,
  proof_of_work text not null check (proof_of_work in ('optional', 'required')),
  active boolean not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  deleted_at timestamptz(3),
  primary key (workspace_id, id)
);

-- Whose form a public address leads to: a visitor names no workspace. Small, rarely written, without a workspace of its
-- own, like the look-up of keys.
create table form_address (
  form_id uuid primary key,
  workspace_id uuid not null
);

-- What was taken for spam is kept aside, until somebody accepts or deletes it or it is too old.
create table form_aside (
  workspace_id uuid not null,
  form_id uuid not null,
  id uuid not null,
  received_at timestamptz(3) not null,
  fields json not null,
  consent json,
  reasons text[] not null,
  address text,
  referrer text,
  utm json not null,
  primary key (workspace_id, form_id, id),
  foreign key (workspace_id, form_id) references form (workspace_id, id)
);

create index form_aside_age on form_aside (received_at);

-- How often a form was sent from one place within the hour; `subject` is a hash of the place.
create table form_visitor (
  workspace_id uuid not null,
  form_id uuid not null,
  subject bytea not null,
  since timestamptz(3) not null,
  count integer not null,
  primary key (workspace_id, form_id, subject)
) with (fillfactor = 50);

alter table lead_submission add column form_id uuid;
alter table lead_submission add column consent json;
create index lead_submission_form on lead_submission (workspace_id, form_id, id) where form_id is not null;
