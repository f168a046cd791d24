import { coalesce } from '../base/coalesce.ts';
import { unavailable, type FieldError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import { TIMEOUT_MS, type Database } from '../db/pool.ts';
import { survivorOf } from './merge/merged-id.ts';

/** Fields that reference another record or a member, with its kind: `{contact_id: 'contact', owner_id: 'member'}`. */
export type ReferenceFields = Readonly<Record<string, string>>;

export interface References {
  /**
   * The fields whose record does not exist, was deleted, or belongs to another workspace. A record that is deleted right
   * after this check is still linked, as if the link were older; foreign keys include the workspace in any case.
   */
  missing(workspaceId: Uuid, fields: ReferenceFields, input: object): Promise<FieldError[]>;
  /** The fields that reference a merged record, each with the id of its survivor. */
  survivors(workspaceId: Uuid, fields: ReferenceFields, input: object): Promise<Record<string, Uuid>>;
}

/** Whether an input has a value for one of the fields. */
export function refersToAny(fields: ReferenceFields, input: object): boolean {
  for (const field in fields) if ((input as Record<string, unknown>)[field] != null) return true;
  return false;
}

interface Wanted {
  workspaceId: Uuid;
  noun: string;
  id: Uuid;
}

/** Concurrent look-ups share one statement for each kind of record. @param nouns those that can be referenced */
export function makeReferences(
  db: Database,
  nouns: readonly { name: string; mergeRules?: object }[],
): References {
  const lookUps = coalesce<Wanted, boolean>({
    slots: 1,
    groupOf: ({ workspaceId }) => workspaceId,
    maxWeight: 1000,
    timeout: { ms: TIMEOUT_MS, error: () => unavailable('The database does not answer.', 2) },
    async run(items) {
      const kinds = [...new Set(items.map(({ noun }) => noun))];
      const found = new Map(
        await Promise.all(
          kinds.map(
            async (noun) =>
              [
                noun,
                await existing(
                  db,
                  noun,
                  items.filter((item) => item.noun === noun),
                ),
              ] as const,
          ),
        ),
      );
      return items.map(({ noun, workspaceId, id }) => found.get(noun)!.has(`${workspaceId} ${id}`));
    },
  });

  const references: References = {
    async missing(workspaceId, fields, input) {
      const sent = input as Record<string, unknown>;
      const referring = Object.keys(fields).filter((field) => typeof sent[field] === 'string');
      if (referring.length === 0) return [];
      const found = await Promise.all(
        referring.map((field) => lookUps.add({ workspaceId, noun: fields[field]!, id: sent[field] as Uuid })),
      );
      return referring
        .filter((_, at) => !found[at])
        .map((field) => ({ field, message: `there is no ${fields[field]} with this id` }));
    },

    async survivors(workspaceId, fields, input) {
      const sent = input as Record<string, unknown>;
      const found = await Promise.all(
        Object.entries(fields).map(async ([field, kind]) => {
          const noun = nouns.find(({ name }) => name === kind);
          const id = sent[field];
          if (!noun || typeof id !== 'string') return [];
          const survivor = await survivorOf(db, noun, workspaceId, id);
          return survivor === undefined ? [] : [[field, survivor] as const];
        }),
      );
      const survivors = Object.fromEntries(found.flat());
      const deleted = await references.missing(workspaceId, fields, survivors);
      return Object.fromEntries(
        Object.entries(survivors).filter(([field]) => deleted.every((problem) => problem.field !== field)),
      );
    },
  };
  return references;
}

const KEYS = `select k.workspace_id, k.id from unnest($1::uuid[], $2::uuid[]) as k(workspace_id, id)`;
const MEMBERS = `${KEYS} join member m on m.workspace_id = k.workspace_id and m.user_id = k.id`;

async function existing(db: Database, noun: string, items: Wanted[]): Promise<Set<string>> {
  const rows = await db.read<{ workspace_id: Uuid; id: Uuid }>(
    {
      name: `${noun}.there`,
      text:
        noun === 'member'
          ? MEMBERS
          : `${KEYS} join ${noun} t using (workspace_id, id) where t.deleted_at is null`,
    },
    [items.map(({ workspaceId }) => workspaceId), items.map(({ id }) => id)],
  );
  return new Set(rows.map((row) => `${row.workspace_id} ${row.id}`));
}
