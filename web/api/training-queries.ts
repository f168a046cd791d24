import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { BulkOutcome } from './bulk-queries.ts';
import { api, dataOf } from './client.ts';
import { recordQueries, type ExpandedRecord } from './record-queries.ts';
import type { components } from './schema.d.ts';

export type CourseRun = components['schemas']['Courserun'];
export type Assessment = components['schemas']['Assessment'];
export type Enrolment = components['schemas']['Enrolment'];
/** An enrolment with its contact, null if the session may not read it. */
export type Participant = Enrolment & { expanded?: { contact_id?: ExpandedRecord | null } };

export const enrolments = recordQueries('enrolments');

/** The maximum page size of the API. */
const MAX_LISTED = 200;

/** Everybody who is or was enrolled in a course run, first come first. @param hasContacts with their names */
export const participantsQuery = (runId: string, hasContacts: boolean) =>
  enrolments.list({
    course_run_id: runId,
    sort: 'created_at',
    limit: MAX_LISTED,
    ...(hasContacts && { expand: 'contact_id' }),
  });

/** Enrols a contact in a course run. */
export function useEnrol(runId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (contactId: string) => enrolments.create({ contact_id: contactId, course_run_id: runId }),
    // The places of the run, too.
    onSettled: () => invalidate(queries.invalidateQueries.bind(queries)),
  });
}

/** The result of several enrolments in one unit. */
export interface UnitResult {
  unit_name: string;
  unit_code: string | null;
  status: Assessment['status'];
  outcome_code: string | null;
}

/** Assesses several enrolments in one unit: those that have an assessment of the unit are changed, the others get one. */
export function useAssess() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ ids, result }: { ids: readonly string[]; result: UnitResult }) => assess(ids, result),
    // Also after an error: the first request may have been written.
    onSettled: () => invalidate(queries.invalidateQueries.bind(queries)),
  });
}

async function invalidate(run: (filter: { queryKey: string[] }) => Promise<void>): Promise<void> {
  const keys = ['enrolments', 'course-runs', 'assessments', 'activities'];
  await Promise.all(keys.map((key) => run({ queryKey: [key] })));
}

/** Lookups at a time: each is a request. */
const PARALLEL = 4;

async function assess(ids: readonly string[], result: UnitResult): Promise<BulkOutcome> {
  const outcome: BulkOutcome = { done: [], errors: [] };
  const known = new Map<string, string>();
  const left = [...ids];
  const work = async (): Promise<void> => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      const found = await assessmentOf(id, result);
      if (found !== undefined) known.set(id, found);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  const changed = ids.filter((id) => known.has(id));
  const created = ids.filter((id) => !known.has(id));
  const { unit_name: _name, unit_code: _code, ...change } = result;
  if (changed.length > 0) {
    const body = { records: changed.map((id) => ({ ...change, id: known.get(id)! })) };
    collect(outcome, changed, await dataOf(api.PATCH('/api/v1/assessments/batch', { body })));
  }
  if (created.length > 0) {
    const body = { records: created.map((id) => ({ ...result, enrolment_id: id })) };
    collect(outcome, created, await dataOf(api.POST('/api/v1/assessments/batch', { body })));
  }
  return outcome;
}

/** The assessment of an enrolment in this unit: by its code, else by its name. */
async function assessmentOf(
  enrolmentId: string,
  { unit_name: name, unit_code: code }: UnitResult,
): Promise<string | undefined> {
  const query = { enrolment_id: enrolmentId, limit: MAX_LISTED, ...(code !== null && { unit_code: code }) };
  const { data } = await dataOf(api.GET('/api/v1/assessments', { params: { query } }));
  return data.find((item) => code !== null || item.unit_name === name)?.id;
}

function collect(
  outcome: BulkOutcome,
  ids: readonly string[],
  { results }: { results: { error?: unknown }[] },
): void {
  ids.forEach((id, at) => {
    const error = results[at]?.error as { message: string } | undefined;
    if (error) outcome.errors.push(error.message);
    else outcome.done.push(id);
  });
}
