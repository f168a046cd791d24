import type { Caller } from '../account/caller.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import { query } from '../db/query.ts';
import { sql } from '../db/sql.ts';
import type { BaseRecord, Noun } from './noun.ts';
import type { RecordAnswer } from './record-answer.ts';
import { EXPANDED, type Referring } from './record-expansion-schema.ts';
import { listed } from './record-selection.ts';
import type { RecordStore } from './record-store.ts';

/** What can be referenced by a field, as `expand` returns it. */
export interface ExpandedKind {
  /** The scope to read it. */
  scope: string;
  /** By id; those that no longer exist are left out. */
  read(workspaceId: Uuid, ids: readonly Uuid[]): Promise<Map<Uuid, object>>;
}

/** The kinds by the name that fields reference them by, as in `contact` and `member`. */
export type ExpandedKinds = Readonly<Record<string, ExpandedKind>>;

/** The records of a noun, as references to it are expanded. */
export function expandedRecords<R extends BaseRecord, Input extends object>(
  db: Database,
  noun: Noun<R, Input>,
  store: Pick<RecordStore<R>, 'getMany'>,
  shown: RecordAnswer<R>,
): ExpandedKind {
  // A list may expand a thousand records, so each has to be small.
  const leftOut = new Set(['custom_fields']);
  for (const [name, { kind }] of Object.entries(noun.fields)) if (kind === 'long_text') leftOut.add(name);
  const small = (record: R) =>
    Object.fromEntries(Object.entries(record).filter(([name]) => !leftOut.has(name)));
  return {
    scope: `${noun.plural}:read`,
    async read(workspaceId, ids) {
      const records = await shown.complete(workspaceId, await store.getMany(workspaceId, ids));
      const found = new Map<Uuid, object>(records.map((record) => [record.id, small(record)]));
      const missing = ids.filter((id) => !found.has(id));
      if (missing.length === 0) return found;
      const deleted = await query<{ id: Uuid; deleted_at: string }>(
        db.pool,
        sql`select id, deleted_at from ${sql.ref(noun.name)}
            where workspace_id = ${workspaceId} and id = any(${missing}::uuid[]) and deleted_at is not null`,
      );
      for (const row of deleted) found.set(row.id, row);
      return found;
    },
  };
}

const MEMBERS = {
  name: 'member.expanded',
  text: `select u.id, u.name, u.email, m.role from member m join app_user u on u.id = m.user_id
         where m.workspace_id = $1 and m.user_id = any($2::uuid[])`,
};

/** The members of a workspace, as references to them are expanded. */
export function expandedMembers(db: Database): ExpandedKind {
  return {
    scope: 'members:read',
    async read(workspaceId, ids) {
      const rows = await db.read<{ id: Uuid }>(MEMBERS, [workspaceId, ids]);
      return new Map(rows.map((row) => [row.id, row]));
    },
  };
}

/** The fields that a request expands, with the kind that each references. Throws `forbidden` without its scope. */
export function expansionOf(
  caller: Pick<Caller, 'may'>,
  { fields }: Referring,
  kinds: ExpandedKinds,
  sent: string | undefined,
): ReadonlyMap<string, ExpandedKind> | null {
  if (sent === undefined) return null;
  return new Map(
    listed(sent).map((name) => {
      const kind = kinds[fields[name]!.references!]!;
      if (!caller.may(kind.scope))
        throw new ApiError('forbidden', `expand=${name} needs the scope ${kind.scope}.`);
      return [name, kind];
    }),
  );
}

/** Adds what records reference. Each referenced record is read once. */
export async function expand<T extends object>(
  workspaceId: Uuid,
  records: readonly T[],
  expansion: ReadonlyMap<string, ExpandedKind>,
): Promise<(T & { expanded: Record<string, object | null> })[]> {
  const idOf = (record: T, name: string) => (record as Readonly<Record<string, Uuid | null>>)[name] ?? null;
  const requested = new Map<ExpandedKind, Set<Uuid>>();
  for (const [name, kind] of expansion) {
    const ids = requested.get(kind) ?? new Set();
    requested.set(kind, ids);
    for (const record of records) if (idOf(record, name) !== null) ids.add(idOf(record, name)!);
  }
  const found = new Map(
    await Promise.all(
      [...requested].map(async ([kind, ids]) => {
        const read = ids.size > 0 ? await kind.read(workspaceId, [...ids]) : new Map<Uuid, object>();
        return [kind, read] as const;
      }),
    ),
  );
  return records.map((record) => ({
    ...record,
    [EXPANDED]: Object.fromEntries(
      [...expansion].map(([name, kind]) => {
        const id = idOf(record, name);
        return [name, (id !== null && found.get(kind)!.get(id)) || null];
      }),
    ),
  }));
}
