-- API keys of agents with their budgets (account/agent-budget.ts), and what was done over MCP (mcp/operation-store.ts).

-- Null: an ordinary key.
alter table api_key add column agent json;

-- The writes of an agent in the last hour, in slices as in `quota`.
create table agent_writes (
  workspace_id uuid not null,
  api_key_id uuid not null,
  starts bigint[] not null default '{}',
  taken integer[] not null default '{}',
  primary key (workspace_id, api_key_id)
);

-- The values that a step changed are in the timeline (`activity`), where erasure finds them.
create table mcp_operation (
  workspace_id uuid not null,
  id uuid not null,
  actor text not null,
  tool text not null,
  steps json not null,
  created_at timestamptz(3) not null,
  undone_at timestamptz(3),
  undone_by text,
  primary key (workspace_id, id)
);
create index mcp_operation_created on mcp_operation (created_at);
