-- What was read of providers with a key, and what of it was new (payments/reconciliation*.ts).

create table payment_reconciliation (
  workspace_id uuid not null,
  id uuid not null,
  connection_id uuid not null,
  -- The events of the provider, or its objects as they are now.
  source text not null check (source in ('events', 'objects')),
  since timestamptz(3) not null,
  started_at timestamptz(3) not null,
  finished_at timestamptz(3),
  -- Nothing was read: the connection has no key.
  skipped boolean not null default false,
  read_count integer not null default 0,
  changed_count integer not null default 0,
  -- Of those that changed something: [{type, external_id, record_type, record_id}].
  differences json not null default '[]',
  error text,
  primary key (workspace_id, id),
  foreign key (workspace_id, connection_id) references connection (workspace_id, id) on delete cascade
);
create index payment_reconciliation_latest on payment_reconciliation (workspace_id, connection_id, source, started_at);
create index payment_reconciliation_age on payment_reconciliation (started_at);
