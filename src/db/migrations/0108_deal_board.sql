-- A column of the board: the open deals of a stage, last updated first (crm/deals/deal-board.ts).
create index deal_board on deal (workspace_id, stage_id, updated_at, id) where status = 'open' and deleted_at is null;

-- The latest lost deals, for the reasons that were given.
create index deal_lost on deal (workspace_id, closed_at) where status = 'lost' and deleted_at is null;
