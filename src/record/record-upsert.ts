import { z } from 'zod';
import { requireChecked } from '../account/caller-check.ts';
import type { StoredAnswer } from '../account/idempotency.ts';
import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import type { Transaction } from '../db/query.ts';
import type { LaneKey } from '../events/outbox.ts';
import type { BaseRecord, Change } from './noun.ts';
import {
  criteriaOf,
  findMatch,
  lockMatches,
  type Criteria,
  type Match,
  type MatchRule,
} from './record-match.ts';
import type { Plan, Writer } from './record-plan.ts';
import type { RecordService } from './record-service.ts';
import type { Source } from './source.ts';

/** What happens if a record that is to be created exists: another is created, or not. */
export const ON_DUPLICATE = ['create', 'return', 'merge', 'error'] as const;
export type OnDuplicate = (typeof ON_DUPLICATE)[number];

const ambiguousOutput = z
  .boolean()
  .optional()
  .meta({ description: 'True if other records exist that could be meant.' });

/** A record that was created, or that existed. */
export function upsertOutput(output: z.ZodObject): z.ZodObject {
  return output.extend({ ambiguous: ambiguousOutput });
}

/** The query of a create route. @param rules by which records are recognised */
export function onDuplicateQuery(rules: readonly MatchRule[]) {
  return z.strictObject({
    on_duplicate: z
      .enum(ON_DUPLICATE)
      .default('create')
      .meta({
        description: `What happens if the record exists, by ${rules.map(({ field }) => field).join(', else ')}: another is created (\`create\`), it is returned as it is (\`return\`), it gets the fields that were sent (\`merge\`), or 409 (\`error\`).`,
      }),
  });
}

export interface UpsertParts {
  db: Database;
  notify(lanes: LaneKey[]): void;
}

/** A record that is created unless it exists. */
export interface Upsert<Input> {
  input: Input;
  source: Source;
  /** By which it is recognised. */
  rules: readonly MatchRule[];
  mode: Exclude<OnDuplicate, 'create'>;
  /** Whether the caller may read records: one that may not gets only the id of a record that exists. */
  mayRead: boolean;
}

/** The body of a response about a record that exists; `ambiguous` if there are others. */
type ShowMatch = (record: BaseRecord, match: Match) => string;

/** Others may create, merge or delete the record meanwhile; more often than this it does not happen. */
const MAX_ATTEMPTS = 5;

/**
 * Creates a record, unless it exists already. Two at once, over any number of processes, create one. Throws `conflict` if
 * it exists and `mode` is `error`, and the errors of a create and of a change.
 */
export async function upsert<R extends BaseRecord, Input extends object>(
  parts: UpsertParts,
  service: RecordService<R, Input>,
  writer: Writer,
  requested: Upsert<Input>,
): Promise<StoredAnswer> {
  requireChecked(writer);
  const { db, notify } = parts;
  const { noun } = service;
  const { workspaceId } = writer;
  const { input, source, rules, mode, mayRead } = requested;
  const criteria = await criteriaOf(db, workspaceId, rules, input as Record<string, unknown>);
  const show: ShowMatch = (record, { ambiguous }) =>
    JSON.stringify({ ...(mayRead ? record : { id: record.id }), ...(ambiguous && { ambiguous }) });
  for (let attempt = 1; ; attempt += 1) {
    const expected = await findMatch(db.pool, noun.name, workspaceId, criteria);
    if (expected && mode === 'error') throw exists(noun.name, expected);
    // Prepared before the transaction, which then needs one connection only.
    const write = expected
      ? await writeExisting(service, writer, requested, { expected, show })
      : writeNew(service, writer, await service.plan(writer, input, source));
    const written = await db
      .transaction(async (trx) => {
        await lockMatches(trx, noun.name, workspaceId, keysOf(criteria));
        const found = await findMatch(trx, noun.name, workspaceId, criteria);
        return found?.id === expected?.id ? write(trx) : null;
      })
      .catch((error: unknown) => {
        // Deleted or merged between the search and the lock.
        if (expected && error instanceof ApiError && error.code === 'not_found') return null;
        throw error;
      });
    if (written) {
      notify(written.lanes);
      return written.answer;
    }
    if (attempt === MAX_ATTEMPTS) throw new ApiError('conflict', 'The record keeps changing; try again.');
  }
}

type Write = (trx: Transaction) => Promise<{ answer: StoredAnswer; lanes: LaneKey[] }>;

function writeNew<R extends BaseRecord, Input extends object>(
  { store }: RecordService<R, Input>,
  writer: Writer,
  plan: Plan<R>,
): Write {
  const answer = { status: 201, body: plan.text };
  return async (trx) => ({ answer, lanes: await store.createWithin(trx, writer, [plan], answer) });
}

/** Changes the record, or leaves it as it is. */
async function writeExisting<R extends BaseRecord, Input extends object>(
  service: RecordService<R, Input>,
  writer: Writer,
  { input, source, mode }: Upsert<Input>,
  { expected, show }: { expected: Match; show: ShowMatch },
): Promise<Write> {
  const { id } = expected;
  const answerOf = (record: R) => ({ status: 200, body: show(record, expected) });
  const change = mode === 'merge' ? withoutField(input, expected.field) : ({} as Change<Input>);
  const { mutation, before } = await service.prepareChange({ writer, id }, { change, source });
  return (trx) =>
    service.changeWithin(trx, { writer, id, mutation, expected: null, answer: answerOf }, before);
}

/** The field that the record was recognised by stays as it is: the address may be its second. */
function withoutField<T extends object>(values: T, field: string): Change<T> {
  const { [field as keyof T]: _same, ...others } = values;
  return others as Change<T>;
}

function keysOf(criteria: Criteria): string[] {
  return criteria.map(({ key }) => key);
}

function exists(kind: string, { id, field }: { id: Uuid; field: string }): ApiError {
  return new ApiError(
    'conflict',
    `There is a ${kind} with this ${field.replaceAll('_', ' ')} already: ${id}.`,
    {
      fields: [{ field, message: `belongs to ${id}` }],
    },
  );
}
