import type { Uuid } from '../base/id.ts';
import { ApiError } from '../base/errors.ts';
import type { Database } from '../db/pool.ts';
import { query } from '../db/query.ts';
import type { AgentLimits } from './agent-limits.ts';
import { addToSlice, liveSlices } from './quota.ts';

/** The caller as far as its limits need it. */
interface AgentCaller {
  workspaceId: Uuid;
  identity: Uuid;
  agent?: AgentLimits;
}

const SPAN_S = 3_600;
/** A slice counts until it has left the hour completely: never one write too many. */
const SLICE_S = 60;

const MAKE_ROW = {
  name: 'agent-writes.make',
  text: 'insert into agent_writes (workspace_id, api_key_id) values ($1, $2) on conflict do nothing',
};

/** The clock is read after the row is locked, so that processes that wait for each other count in order. */
const COUNT = {
  name: 'agent-writes.count',
  text: `
with held as (
  select a.*, ${SLICE_S} as bucket_s, ${SPAN_S} as span_s from agent_writes a
  where workspace_id = $1 and api_key_id = $2 for update
),
present as (
  select count(*) as rows, floor(extract(epoch from clock_timestamp()))::bigint as now_s from held
),
counted as (
  select h.workspace_id, h.api_key_id, p.now_s, c.*, coalesce(c.starts[1], c.slice) + h.bucket_s + h.span_s as reset_s
  from held h cross join present p ${liveSlices('h', 'p.now_s')}
),
written as (
  update agent_writes a set ${addToSlice('c', '$3::int')}
  from counted c
  where c.total + $3::int <= $4::int and a.workspace_id = c.workspace_id and a.api_key_id = c.api_key_id
  returning true
)
select c.total, exists (select from written) as granted, greatest(1, c.reset_s - c.now_s)::int as wait_s from counted c`,
};

interface Counted {
  /** Writes in the last hour, before these. */
  total: number;
  granted: boolean;
  /** Seconds until the first of them leaves the hour. */
  wait_s: number;
}

/** Counts the writes of agents, over all processes. */
export interface AgentBudgets {
  /**
   * Counts writes of a caller, if it is an agent; none are counted if there is no room for all. Throws `rate_limited`, and
   * `forbidden` for a deletion that its key does not allow.
   */
  spend(caller: AgentCaller, writes: number, isDeletion: boolean): Promise<void>;
}

export function makeAgentBudgets(db: Database): AgentBudgets {
  return {
    async spend({ workspaceId, identity, agent }, writes, isDeletion) {
      if (!agent) return;
      if (isDeletion && !agent.deletes)
        throw new ApiError('forbidden', 'The key of this agent may not delete, erase or merge records.');
      const values = [workspaceId, identity, writes, agent.writes_per_hour];
      const counted = await db.transaction(async (trx) => {
        const [known] = await query<Counted>(trx, COUNT, values);
        if (known) return known;
        await query(trx, MAKE_ROW, [workspaceId, identity]);
        return (await query<Counted>(trx, COUNT, values))[0]!;
      });
      if (!counted.granted) throw overBudget(agent, writes, counted);
    },
  };
}

function overBudget(
  { writes_per_hour: limit }: AgentLimits,
  writes: number,
  { total, wait_s: retryAfter }: Counted,
): ApiError {
  const left = Math.max(0, limit - total);
  const message = `The key of this agent may write ${limit} records an hour: ${left} are left, ${writes} needed. The first write leaves the hour in ${retryAfter} seconds.`;
  return new ApiError('rate_limited', message, { retryAfter });
}
