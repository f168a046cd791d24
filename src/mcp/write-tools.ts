import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ApiError, invalid } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import type { Noun } from '../record/noun.ts';
import type { Body } from './api-caller.ts';
import type { Step } from './operation-store.ts';
import { writeRecord, type Write } from './record-writer.ts';
import {
  DELETES,
  dryRunInput,
  idInput,
  nounOf,
  typeInput,
  retryKeyInput,
  tool,
  WRITES,
  type Tool,
  type ToolContext,
} from './tool.ts';

const MAX_UPDATES = 50;
const MAX_DELETIONS = 10;

const valuesInput = z
  .record(z.string().max(100), z.unknown())
  .describe(
    'Fields by key, as `schema` names them; custom fields under `custom_fields`; null clears a field.',
  );

/** The tools that write records, for the objects that the caller may write. */
export function writeTools(context: ToolContext): Tool[] {
  const { api, nouns } = context;
  const creatable = nouns.filter(({ plural }) => api.may('POST', plural));
  const writable = nouns.filter(({ plural }) => api.may('PATCH', `${plural}/:id`));
  const deletable = api.caller.agent?.deletes === false ? [] : writable;
  const kinds = activityKinds(creatable);
  return [
    ...(creatable.length > 0 ? [createTool(context, creatable)] : []),
    ...(writable.length > 0 ? [updateTool(context, writable)] : []),
    ...(deletable.length > 0 ? [deleteTool(context, deletable)] : []),
    ...(kinds.length > 0 ? [logTool(context, kinds)] : []),
  ];
}

function createTool(context: ToolContext, creatable: readonly Noun[]): Tool {
  return tool({
    name: 'create',
    title: 'Create a record',
    description:
      'Creates one record. Search first, so that you create no duplicate. Returns an `operation_id` that `undo` takes back.',
    input: z.strictObject({
      type: typeInput(creatable),
      values: valuesInput,
      dry_run: dryRunInput,
      retry_key: retryKeyInput,
    }),
    annotations: { ...WRITES, idempotentHint: false },
    run: ({ type, values, dry_run: isDryRun, retry_key: retryKey }) =>
      runWrites(context, 'create', nounOf(context, type), [{ action: 'created', values }], {
        isDryRun,
        retryKey,
      }),
  });
}

function updateTool(context: ToolContext, writable: readonly Noun[]): Tool {
  return tool({
    name: 'update',
    title: 'Update records',
    description: `Sets the same fields of 1 to ${MAX_UPDATES} records; other fields stay. To move a deal, set \`stage_id\`. Use \`dry_run\` before you change several. Returns an \`operation_id\` that \`undo\` takes back.`,
    input: z.strictObject({
      type: typeInput(writable),
      id: idInput.optional(),
      ids: z.array(idInput).min(1).max(MAX_UPDATES).optional().describe('Instead of `id`.'),
      values: valuesInput,
      dry_run: dryRunInput,
      retry_key: retryKeyInput,
    }),
    annotations: { ...WRITES, destructiveHint: true, idempotentHint: true },
    run: ({ type, id, ids, values, dry_run: isDryRun, retry_key: retryKey }) =>
      runWrites(
        context,
        'update',
        nounOf(context, type),
        idsOf(id, ids).map((item) => ({ action: 'updated', id: item, values })),
        { isDryRun, retryKey },
      ),
  });
}

function deleteTool(context: ToolContext, deletable: readonly Noun[]): Tool {
  return tool({
    name: 'delete',
    title: 'Delete records',
    description: `Moves 1 to ${MAX_DELETIONS} records to the trash; \`undo\` restores them for 30 days. Show the user a \`dry_run\` first.`,
    input: z.strictObject({
      type: typeInput(deletable),
      id: idInput.optional(),
      ids: z.array(idInput).min(1).max(MAX_DELETIONS).optional().describe('Instead of `id`.'),
      dry_run: dryRunInput,
      retry_key: retryKeyInput,
    }),
    annotations: DELETES,
    run: ({ type, id, ids, dry_run: isDryRun, retry_key: retryKey }) =>
      runWrites(
        context,
        'delete',
        nounOf(context, type),
        idsOf(id, ids).map((item) => ({ action: 'deleted', id: item })),
        { isDryRun, retryKey },
      ),
  });
}

/** The records of a write, each once. */
function idsOf(id: string | undefined, ids: readonly string[] = []): string[] {
  const all = [...new Set(id === undefined ? ids : [id, ...ids])];
  if (all.length === 0) throw invalid('id', 'or ids is required');
  return all;
}

interface ActivityKind {
  kind: string;
  noun: Noun;
}

/** What can be logged: the types of notes, and tasks. */
function activityKinds(creatable: readonly Noun[]): ActivityKind[] {
  return creatable.flatMap((noun) => {
    if (noun.name === 'task') return [{ kind: 'task', noun }];
    const { options } = noun.fields['type'] ?? {};
    return noun.isActivity && Array.isArray(options)
      ? options.map(({ value }) => ({ kind: String(value), noun }))
      : [];
  });
}

function logTool(context: ToolContext, kinds: readonly ActivityKind[]): Tool {
  return tool({
    name: 'log_activity',
    title: 'Log a note, call, meeting or task',
    description:
      'Adds a note, a call or a meeting that took place, or a task to do, to the timeline of a record. `text` is Markdown; the first line of a task is its title.',
    input: z.strictObject({
      kind: z.enum(kinds.map(({ kind }) => kind) as [string, ...string[]]),
      about: z.strictObject({ type: z.enum(context.nouns.map(({ name }) => name)), id: idInput }),
      text: z.string().min(1).max(20_000),
      due_date: z.string().max(40).optional().describe('Of a task: YYYY-MM-DD.'),
      happened_at: z.string().max(40).optional().describe('Of a call or a meeting: ISO 8601.'),
      duration_min: z.int().min(0).optional(),
      dry_run: dryRunInput,
      retry_key: retryKeyInput,
    }),
    annotations: WRITES,
    run({ kind, about, text, dry_run: isDryRun, retry_key: retryKey, ...times }) {
      const { noun } = kinds.find((item) => item.kind === kind)!;
      const field = Object.entries(noun.references).find(([, object]) => object === about.type)?.[0];
      if (field === undefined) throw invalid('about.type', `cannot have a ${kind}`);
      const values = { ...activityValues(kind, text, times), [field]: about.id };
      return runWrites(context, 'log_activity', noun, [{ action: 'created', values }], {
        isDryRun,
        retryKey,
      });
    },
  });
}

function activityValues(kind: string, text: string, times: Body): Body {
  const sent = Object.fromEntries(Object.entries(times).filter(([, value]) => value !== undefined));
  if (kind !== 'task') return { type: kind, body: text, ...sent };
  const [title = '', ...rest] = text.trim().split('\n');
  const description = rest.join('\n').trim();
  return { title: title.trim().slice(0, 200), ...(description !== '' && { description }), ...sent };
}

/** Writes records one after the other; a refused one does not affect the others. */
async function runWrites(
  context: ToolContext,
  name: string,
  noun: Noun,
  writes: readonly Write[],
  { isDryRun, retryKey }: { isDryRun: boolean; retryKey: string | undefined },
): Promise<Body> {
  const { api, operations } = context;
  const steps: Step[] = [];
  const results: Body[] = [];
  const refusals: ApiError[] = [];
  let id: Uuid | null = null;
  try {
    for (const write of writes) {
      try {
        const { shown, step } = await writeRecord(context, noun, write, { isDryRun, retryKey });
        if (step) steps.push(step);
        results.push(shown);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        refusals.push(error);
        const { code, message } = error;
        results.push({ ...('id' in write && { id: write.id }), error: { code, message } });
        // All further ones would be refused as well.
        if (code === 'rate_limited' || code === 'forbidden') break;
      }
    }
  } finally {
    if (steps.length > 0) {
      id = retryKey === undefined ? context.newId() : operationIdOf(api.caller.identity, retryKey, steps);
      await operations.record(api.caller, { id, tool: name, steps });
    }
  }
  if (refusals.length > 0 && refusals.length === results.length) throw refusals[0]!;
  const left = writes.length - results.length;
  return {
    dry_run: isDryRun,
    type: noun.name,
    ...(!isDryRun && { operation_id: id }),
    results,
    ...(left > 0 && { not_attempted: left }),
    ...(isDryRun && { summary: summaryOf(results) }),
  };
}

function summaryOf(results: readonly Body[]): Body {
  const events = results.flatMap((result) => (result['events'] as string[] | undefined) ?? []);
  const calls = results.flatMap((result) => (result['webhooks'] as { events: string[] }[] | undefined) ?? []);
  return {
    records: results.filter((result) => (result['events'] as string[] | undefined)?.length).length,
    events: events.length,
    webhook_calls: calls.reduce((sum, { events: sent }) => sum + sent.length, 0),
    refused: results.filter((result) => 'error' in result).length,
  };
}

/** The same retry of the same caller has the same id; another write under the same key has its own. */
function operationIdOf(identity: Uuid, key: string, steps: readonly Step[]): Uuid {
  const hex = createHash('sha256')
    .update(`${identity}\n${key}\n${JSON.stringify(steps)}`)
    .digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
