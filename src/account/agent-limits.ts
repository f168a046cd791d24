/** The limits of an agent's API key. */
export interface AgentLimits {
  /** Records that it may write in any hour, over all processes. */
  writes_per_hour: number;
  /** Whether it may delete, erase and merge records. */
  deletes: boolean;
  /** Groups of record scopes, as in `contacts`, that it is limited to; null: all records. */
  objects: string[] | null;
}

export const DEFAULT_LIMITS: AgentLimits = { writes_per_hour: 100, deletes: false, objects: null };
export const MAX_WRITES_PER_HOUR = 100_000;
