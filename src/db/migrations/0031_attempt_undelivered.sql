-- What ended without being delivered, over all webhooks of a workspace: little beside what was, and looked for.

create index attempt_undelivered on attempt (workspace_id, delivery_id)
  where state in ('failed', 'expired', 'dropped', 'crashed');
