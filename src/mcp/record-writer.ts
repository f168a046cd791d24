import type { Caller } from '../account/caller.ts';
import { ApiError } from '../base/errors.ts';
import { isSame } from '../base/values/same.ts';
import type { Noun } from '../record/noun.ts';
import type { PreviewBody } from '../record/record-preview.ts';
import type { Body } from './api-caller.ts';
import type { Step } from './operation-store.ts';
import { urlOf, type ToolContext } from './tool.ts';

/** A write of one record. */
export type Write =
  | { action: 'created'; values: Body }
  | { action: 'updated'; id: string; values: Body }
  | { action: 'deleted'; id: string };

/** What a write did, or would do, and the step to undo it. */
interface Written {
  shown: Body;
  /** Missing for a dry run, and for a change that changed nothing. */
  step?: Step;
}

interface WriteOptions {
  isDryRun: boolean;
  /** For the creation of a record: it is created once per key. */
  retryKey?: string | undefined;
  /** Another caller than that of the request. */
  as?: Caller;
  /** The version that the caller has decided on; `precondition_failed` if the record has another. */
  version?: number;
}

/** Others may change the record between the preview and the write; more often than this it does not happen. */
const MAX_ATTEMPTS = 3;

/**
 * Writes a record as it was previewed: a change of somebody else in between is previewed again, so that the returned changes
 * and events are those of the write.
 * @throws ApiError for a refused write
 */
export async function writeRecord(
  context: ToolContext,
  noun: Noun,
  write: Write,
  options: WriteOptions,
): Promise<Written> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptWrite(context, noun, write, options);
    } catch (error) {
      const isStale = error instanceof ApiError && error.code === 'precondition_failed';
      if (!isStale || options.version !== undefined || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

async function attemptWrite(
  context: ToolContext,
  noun: Noun,
  write: Write,
  { isDryRun, retryKey, as = context.api.caller, version: decidedOn }: WriteOptions,
): Promise<Written> {
  const { api, operations } = context;
  const sent = sentOf(noun, write);
  const preview = (await api.call(
    sent.method,
    sent.path,
    { ...sent.request, query: { dry_run: 'true' } },
    as,
  )) as unknown as PreviewBody;
  const { events, webhooks } = preview;
  // The preview has the version after the write.
  const version = Number(preview.record['version']) - 1;
  const isUnchanged = write.action === 'updated' && preview.changed === null;
  if (decidedOn !== undefined && !isUnchanged && version !== decidedOn)
    throw new ApiError('precondition_failed', 'The record was changed meanwhile.');
  const effect = { ...changesOf(noun, write, preview), events, webhooks };
  if (isDryRun) return { shown: { ...idOf(write), ...effect } };
  if (isUnchanged) return { shown: { ...idOf(write), unchanged: true, url: urlOf(context, noun, write.id) } };

  const headers = {
    ...(write.action !== 'created' && { 'if-match': `"${version}"` }),
    ...(write.action === 'created' && retryKey !== undefined && { 'idempotency-key': retryKey }),
  };
  const record = await api.call(sent.method, sent.path, { ...sent.request, headers }, as);
  const id = write.action === 'created' ? String(record['id']) : String(preview.record['id']);
  const at = typeof record['updated_at'] === 'string' ? record['updated_at'] : null;
  const entries = await operations.entriesOfWrite(api.caller, id, at);
  const step: Step = { object: noun.name, id, action: write.action, entries };
  return {
    shown: {
      id,
      ...effect,
      ...(write.action === 'created' && { record }),
      ...(write.action !== 'deleted' && { url: urlOf(context, noun, id) }),
    },
    step,
  };
}

function sentOf({ plural }: Noun, write: Write) {
  if (write.action === 'created')
    return { method: 'POST', path: plural, request: { body: write.values } } as const;
  const request = { params: { id: write.id } };
  if (write.action === 'deleted') return { method: 'DELETE', path: `${plural}/:id`, request } as const;
  return { method: 'PATCH', path: `${plural}/:id`, request: { ...request, body: write.values } } as const;
}

function idOf(write: Write): Body {
  return write.action === 'created' ? {} : { id: write.id };
}

function changesOf(noun: Noun, write: Write, { record, changed }: PreviewBody): Body {
  if (write.action === 'created') return { record };
  if (write.action === 'deleted') return { deletes: titleOf(noun, record) };
  return { changes: changed === null ? {} : comparedValues(changed, record) };
}

/** Fields with their values before and after; custom fields one by one. */
function comparedValues(changed: Body, record: Body): Body {
  const compared: Body = {};
  for (const [field, from] of Object.entries(changed)) {
    if (field !== 'custom_fields') compared[field] = { from, to: record[field] ?? null };
    else
      for (const [key, [before, after]] of customChanges(from, record[field]))
        compared[`custom_fields.${key}`] = { from: before, to: after };
  }
  return compared;
}

/** The custom fields that differ, with both values; null for a missing one. */
export function customChanges(before: unknown, after: unknown): [string, [unknown, unknown]][] {
  const [from, to] = [(before ?? {}) as Body, (after ?? {}) as Body];
  return [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((key) =>
    isSame(from[key], to[key])
      ? []
      : [[key, [from[key] ?? null, to[key] ?? null]] as [string, [unknown, unknown]]],
  );
}

/** The title of a record, as the dashboard shows it. */
function titleOf(noun: Noun, record: Body): string {
  const parts = noun.title
    .map((field) => record[field])
    .filter((part) => typeof part === 'string' && part !== '');
  return parts.length > 0 ? parts.join(' ') : noun.label;
}
