-- How a webhook wants to be pressed: requests at once, requests in a span of time, and events of one record one after
-- the other. Nothing that is queued already changes.

alter table endpoint
  add column max_in_flight integer not null default 64 check (max_in_flight between 1 and 64),
  add column rate_max integer check (rate_max > 0),
  add column rate_per_s integer check (rate_per_s > 0),
  add column ordering text not null default 'none' check (ordering in ('none', 'record')),
  add check ((rate_max is null) = (rate_per_s is null));

-- Requests that the last holder had begun, and until when they count.
alter table lane
  add column rate_used integer not null default 0,
  add column rate_until timestamptz(3) not null default '-infinity';

-- Of a webhook that keeps the order alone: the record. What waits behind another of its record has due_at
-- 9999-12-31, what nobody has placed yet infinity (delivery/order.ts).
alter table queue alter column order_key drop not null;
update queue set order_key = null;
create index queue_order on queue (workspace_id, endpoint_id, order_key, seq, id) where order_key is not null;
create index queue_heads on queue (workspace_id, endpoint_id, order_key)
  where order_key is not null and due_at < '9999-12-31 00:00:00+00'::timestamptz;
