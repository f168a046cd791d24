import { isCounted, type KeyNow, type Quota } from './quota.ts';

/**
 * Thrown if a caller's remembered key is no longer what it was, or cannot be checked by the statement that writes. Nothing
 * was written: the request starts again, with a look-up of the key.
 */
export class CallerLookUpNeeded extends Error {
  override readonly name = 'CallerLookUpNeeded';
}

/** What a remembered key must still be. */
type RememberedKey = Pick<KeyNow, 'workspace_id' | 'id' | 'scopes' | 'plan' | 'role'>;

/**
 * A check that a caller still has to pass: its key was remembered, and not looked up for this request. The statement that
 * writes does it (`callerChecks`), so that it needs no round trip of its own. Until then nothing may be written, and no
 * response may leave.
 */
export class CallerCheck {
  readonly key: RememberedKey;
  isDone = false;
  /** Whether the statement also counts the request in the windows of the plan. */
  readonly isCounted: boolean;
  /** The windows after the request; null if it was not counted, or if the result of the statement was lost. */
  quota: Quota | null = null;

  constructor(key: RememberedKey) {
    this.key = key;
    this.isCounted = isCounted(key.plan);
  }
}

/** Throws `CallerLookUpNeeded` for a caller that was not checked, before a write that does not check it. */
export function requireChecked({ check }: { check?: CallerCheck | undefined }): void {
  if (check && !check.isDone) throw new CallerLookUpNeeded();
}

/**
 * The part of a writing statement that checks remembered keys (decisions/0031). It ends in a table of the units whose key
 * was revoked or has expired, or whose scopes, plan or role are not those that the request was admitted with.
 * @param table its name; `caller_changed(unit)` has the units that are not to be written
 * @param parameter with the rows of `callerRows`
 */
export function callerChecks(table: string, parameter: string): string {
  // A subquery per key: a join could be planned as a scan of all keys.
  return `
${table} as materialized (
  select u.unit
  from json_to_recordset(${parameter}::json) as c(
    units int[], at timestamptz, workspace_id uuid, id uuid, scopes text[], plan text, role text)
  cross join unnest(c.units) as u(unit)
  where (
    select true from api_key k join workspace w on w.id = k.workspace_id
    where k.workspace_id = c.workspace_id and k.id = c.id and k.revoked_at is null
      and (k.expires_at is null or k.expires_at > c.at)
      and k.scopes = c.scopes and w.plan = c.plan
      and (select m.role from member m where m.workspace_id = k.workspace_id and m.user_id = k.maker_id)
          is not distinct from c.role
  ) is null
)`;
}

/**
 * The rows of `callerChecks`, one for each key.
 * @param units with a check or without, each with its number
 * @param at now, ISO 8601
 */
export function callerRows(
  units: readonly { unit: number; writer: { check?: CallerCheck | undefined } }[],
  at: string,
): object[] {
  const numbers = new Map<RememberedKey, number[]>();
  for (const { unit, writer } of units) {
    const key = writer.check?.key;
    if (!key) continue;
    const others = numbers.get(key);
    if (others) others.push(unit);
    else numbers.set(key, [unit]);
  }
  return [...numbers].map(([{ workspace_id, id, scopes, plan, role }, ofKey]) => ({
    units: ofKey,
    at,
    workspace_id,
    id,
    scopes,
    plan,
    role,
  }));
}
