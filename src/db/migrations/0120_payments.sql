-- Payments and subscriptions (payments/, decisions/0043): the records, and what their providers said.

create table subscription (
  workspace_id uuid not null,
  id uuid not null,
  version integer not null,
  provider text not null,
  external_id text,
  status text not null
    check (status in ('incomplete', 'trialing', 'active', 'past_due', 'unpaid', 'paused', 'canceled')),
  plan_name text,
  price_external_id text,
  quantity integer,
  amount numeric(16, 4),
  currency text not null,
  interval text not null check (interval in ('day', 'week', 'month', 'year')),
  interval_count integer not null,
  contact_id uuid,
  company_id uuid,
  deal_id uuid,
  lead_id uuid,
  matched_by text,
  match_ambiguous boolean not null,
  started_at timestamptz(3),
  current_period_end timestamptz(3),
  trial_end timestamptz(3),
  cancel_at timestamptz(3),
  canceled_at timestamptz(3),
  ended_at timestamptz(3),
  cancel_reason text,
  customer_email text,
  customer_name text,
  customer_external_id text,
  connection_id text,
  custom_fields jsonb not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  deleted_at timestamptz(3),
  erase_requested_at timestamptz(3),
  expunged_at timestamptz(3),
  primary key (workspace_id, id),
  foreign key (workspace_id, contact_id) references contact (workspace_id, id),
  foreign key (workspace_id, company_id) references company (workspace_id, id),
  foreign key (workspace_id, deal_id) references deal (workspace_id, id),
  foreign key (workspace_id, lead_id) references lead (workspace_id, id)
);
create index subscription_updated on subscription (workspace_id, updated_at, id);
create index subscription_contact on subscription (workspace_id, contact_id, id) where contact_id is not null;
create index subscription_company on subscription (workspace_id, company_id, id) where company_id is not null;
create index subscription_deal on subscription (workspace_id, deal_id, id) where deal_id is not null;
create index subscription_lead on subscription (workspace_id, lead_id, id) where lead_id is not null;
create index subscription_external on subscription (workspace_id, external_id) where external_id is not null;
create index subscription_customer on subscription (workspace_id, customer_external_id)
  where customer_external_id is not null;
create index subscription_email on subscription (workspace_id, caseless_text(customer_email))
  where customer_email is not null;
-- Recurring revenue reads those that are charged.
create index subscription_charged on subscription (workspace_id, status) where status <> 'canceled';
create index subscription_trash on subscription (workspace_id, updated_at, id)
  where deleted_at is not null and expunged_at is null;
create index subscription_to_erase on subscription (deleted_at, id)
  where erase_requested_at is not null and expunged_at is null;
create index subscription_unexpunged on subscription (deleted_at, id)
  where deleted_at is not null and expunged_at is null;

create table payment (
  workspace_id uuid not null,
  id uuid not null,
  version integer not null,
  provider text not null,
  external_id text,
  status text not null check (status in
    ('pending', 'requires_action', 'failed', 'received', 'partially_refunded', 'refunded', 'canceled')),
  -- Decimals, exact. What they are computed from is in minor units: provider_object.facts, payment_refund.
  amount numeric(16, 4) not null,
  amount_received numeric(16, 4) not null,
  amount_refunded numeric(16, 4) not null,
  last_refund_amount numeric(16, 4),
  fee numeric(16, 4),
  net numeric(16, 4),
  currency text not null,
  description text,
  contact_id uuid,
  company_id uuid,
  deal_id uuid,
  lead_id uuid,
  matched_by text,
  match_ambiguous boolean not null,
  subscription_id uuid,
  method_type text,
  method_last4 text,
  failure_code text,
  failure_message text,
  disputed boolean not null,
  dispute_status text,
  receipt_url text,
  customer_email text,
  customer_name text,
  customer_external_id text,
  invoice_external_id text,
  subscription_external_id text,
  connection_id text,
  paid_at timestamptz(3),
  failed_at timestamptz(3),
  refunded_at timestamptz(3),
  provider_created_at timestamptz(3),
  custom_fields jsonb not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  deleted_at timestamptz(3),
  erase_requested_at timestamptz(3),
  expunged_at timestamptz(3),
  primary key (workspace_id, id),
  foreign key (workspace_id, contact_id) references contact (workspace_id, id),
  foreign key (workspace_id, company_id) references company (workspace_id, id),
  foreign key (workspace_id, deal_id) references deal (workspace_id, id),
  foreign key (workspace_id, lead_id) references lead (workspace_id, id),
  foreign key (workspace_id, subscription_id) references subscription (workspace_id, id)
);
create index payment_updated on payment (workspace_id, updated_at, id);
create index payment_contact on payment (workspace_id, contact_id, id) where contact_id is not null;
create index payment_company on payment (workspace_id, company_id, id) where company_id is not null;
create index payment_deal on payment (workspace_id, deal_id, id) where deal_id is not null;
create index payment_lead on payment (workspace_id, lead_id, id) where lead_id is not null;
create index payment_subscription on payment (workspace_id, subscription_id, id) where subscription_id is not null;
create index payment_external on payment (workspace_id, external_id) where external_id is not null;
create index payment_customer on payment (workspace_id, customer_external_id) where customer_external_id is not null;
create index payment_invoice on payment (workspace_id, invoice_external_id) where invoice_external_id is not null;
-- Until its subscription is known.
create index payment_awaits_subscription on payment (workspace_id, subscription_external_id)
  where subscription_external_id is not null and subscription_id is null;
create index payment_email on payment (workspace_id, caseless_text(customer_email)) where customer_email is not null;
create index payment_match on payment (workspace_id, matched_by, id) where matched_by is not null;
create index payment_paid on payment (workspace_id, paid_at) where paid_at is not null;
create index payment_trash on payment (workspace_id, updated_at, id) where deleted_at is not null and expunged_at is null;
create index payment_to_erase on payment (deleted_at, id) where erase_requested_at is not null and expunged_at is null;
create index payment_unexpunged on payment (deleted_at, id) where deleted_at is not null and expunged_at is null;

-- The refunds of a payment. Those of one amount are numbered, so that one keeps its row when its id becomes known.
create table payment_refund (
  workspace_id uuid not null,
  id uuid not null,
  payment_id uuid not null,
  -- Minor units of the payment's currency.
  amount_minor bigint not null check (amount_minor > 0),
  nth integer not null,
  external_id text,
  status text not null check (status in ('requires_action', 'pending', 'succeeded', 'failed', 'canceled')),
  reason text,
  is_reversal boolean not null default false,
  created_by text not null,
  occurred_at timestamptz(3) not null,
  primary key (workspace_id, id),
  unique (workspace_id, payment_id, amount_minor, nth),
  foreign key (workspace_id, payment_id) references payment (workspace_id, id)
);

create table payment_dispute (
  workspace_id uuid not null,
  id uuid not null,
  payment_id uuid not null,
  external_id text not null,
  amount_minor bigint not null,
  currency text not null,
  status text not null check (status in ('needs_response', 'under_review', 'closed', 'won', 'lost')),
  reason text,
  is_inquiry boolean not null,
  evidence_due_at timestamptz(3),
  opened_at timestamptz(3) not null,
  primary key (workspace_id, id),
  unique (workspace_id, payment_id, external_id),
  foreign key (workspace_id, payment_id) references payment (workspace_id, id)
);

-- What a provider said about one of its objects. Its rows are the locks of what is applied at once.
create table provider_object (
  workspace_id uuid not null,
  provider text not null,
  kind text not null check (kind in ('customer', 'link', 'payment', 'subscription')),
  external_id text not null,
  -- The id of its record, if it has one.
  id uuid not null,
  has_record boolean not null default false,
  -- Of a customer: whose payments these are.
  contact_id uuid,
  facts json not null,
  updated_at timestamptz(3) not null,
  primary key (workspace_id, provider, kind, external_id),
  unique (workspace_id, id),
  foreign key (workspace_id, contact_id) references contact (workspace_id, id)
) with (fillfactor = 80);
create index provider_object_contact on provider_object (workspace_id, contact_id) where contact_id is not null;

-- The events that were applied. A row is written in the transaction of its effect.
create table provider_event (
  workspace_id uuid not null,
  connection_id uuid not null,
  external_id text not null,
  received_at timestamptz(3) not null,
  primary key (workspace_id, connection_id, external_id),
  foreign key (workspace_id, connection_id) references connection (workspace_id, id) on delete cascade
);
create index provider_event_age on provider_event (received_at);
