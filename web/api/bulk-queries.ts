import { useMutation, useQueryClient } from '@tanstack/react-query';
import { dataOf, makeClient } from './client.ts';
import type { ObjectInput } from './record-queries.ts';

/** What became of one record of a batch. */
interface BulkResult {
  status: number;
  error?: { message: string };
}

/** The result of a change of several records. */
export interface BulkOutcome {
  /** The ids of the records that were changed. */
  done: string[];
  /** The errors of the others. */
  errors: string[];
}

interface Batch<Body> {
  parameters: { path: { plural: string } };
  requestBody: { content: { 'application/json': Body } };
  responses: { 200: { content: { 'application/json': { results: BulkResult[] } } } };
}

const records = makeClient<{
  '/api/v1/{plural}/batch': { patch: Batch<{ records: ObjectInput[] }> };
  '/api/v1/{plural}/batch-delete': { post: Batch<{ ids: string[] }> };
  '/api/v1/{plural}/{id}/restore': {
    post: {
      parameters: { path: { plural: string; id: string } };
      responses: { 200: { content: { 'application/json': ObjectInput } } };
    };
  };
}>();

/** The most records of a request. */
const BATCH = 500;
/** Restores at a time: each is a request. */
const PARALLEL = 4;

/** Changes the same fields of several records. `tags` may be `{add, remove}`. */
export function useBulkChange(plural: string) {
  return useBulk(plural, ({ ids, change }: { ids: readonly string[]; change: ObjectInput }) =>
    inBatches(ids, (some) =>
      dataOf(
        records.PATCH('/api/v1/{plural}/batch', {
          params: { path: { plural } },
          body: { records: some.map((id) => ({ ...change, id })) },
        }),
      ),
    ),
  );
}

export function useBulkRemove(plural: string) {
  return useBulk(plural, (ids: readonly string[]) =>
    inBatches(ids, (some) =>
      dataOf(
        records.POST('/api/v1/{plural}/batch-delete', { params: { path: { plural } }, body: { ids: some } }),
      ),
    ),
  );
}

/** Restores deleted records. */
export function useBulkRestore(plural: string) {
  return useBulk(plural, async (ids: readonly string[]): Promise<BulkOutcome> => {
    const left = [...ids];
    const outcome: BulkOutcome = { done: [], errors: [] };
    const work = async (): Promise<void> => {
      for (let id = left.shift(); id !== undefined; id = left.shift()) {
        try {
          await dataOf(records.POST('/api/v1/{plural}/{id}/restore', { params: { path: { plural, id } } }));
          outcome.done.push(id);
        } catch (error) {
          outcome.errors.push((error as Error).message);
        }
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, work));
    return outcome;
  });
}

function useBulk<Input>(plural: string, run: (input: Input) => Promise<BulkOutcome>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: run,
    // Also after an error: earlier batches may have been written.
    onSettled: () =>
      Promise.all(
        [[plural], ['activities'], ['tags']].map((queryKey) => queries.invalidateQueries({ queryKey })),
      ),
  });
}

async function inBatches(
  ids: readonly string[],
  send: (ids: string[]) => Promise<{ results: BulkResult[] }>,
): Promise<BulkOutcome> {
  const outcome: BulkOutcome = { done: [], errors: [] };
  for (let at = 0; at < ids.length; at += BATCH) {
    const some = ids.slice(at, at + BATCH);
    const { results } = await send(some);
    some.forEach((id, index) => {
      const error = results[index]?.error;
      if (error) outcome.errors.push(error.message);
      else outcome.done.push(id);
    });
  }
  return outcome;
}
