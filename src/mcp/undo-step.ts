import type { Caller } from '../account/caller.ts';
import { ApiError } from '../base/errors.ts';
import { isSame } from '../base/values/same.ts';
import type { Noun } from '../record/noun.ts';
import type { Body } from './api-caller.ts';
import type { Entry, Step } from './operation-store.ts';
import { customChanges, writeRecord } from './record-writer.ts';
import { nounOf, type ToolContext } from './tool.ts';

/** What became of a step that was to be undone. */
export interface UndoneStep {
  type: string;
  id: string;
  /** `nothing_to_do`: it is already as before. */
  state: 'undone' | 'would_be_undone' | 'nothing_to_do' | 'conflict' | 'refused';
  /** What was, or would be, done. */
  action?: string;
  restored?: Body;
  /** Who changed what since. */
  conflicts?: Body[];
  reason?: string;
  /** The step of the undoing, if it wrote something. */
  step?: Step;
}

/** A record may be changed while it is compared; more often than this it does not happen. */
const MAX_ATTEMPTS = 3;

/**
 * Undoes one step, or says why not; a dry run writes nothing. A record that is changed after it was compared is compared
 * again, so that no change of somebody else is overwritten.
 */
export async function undoStep(context: ToolContext, step: Step, isDryRun: boolean): Promise<UndoneStep> {
  const { object, id } = step;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const outcome = await UNDO[step.action](context, nounOf(context, object), step, isDryRun);
      return { type: object, id, ...outcome };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code === 'precondition_failed' && attempt < MAX_ATTEMPTS) continue;
      return { type: object, id, state: 'refused', reason: error.message };
    }
  }
}

type Outcome = Omit<UndoneStep, 'type' | 'id'>;
type Undo = (context: ToolContext, noun: Noun, step: Step, isDryRun: boolean) => Promise<Outcome>;

const UNDO: Record<Step['action'], Undo> = {
  created: deleteCreated,
  restored: deleteCreated,
  deleted: restoreDeleted,
  updated: setBack,
};

async function deleteCreated(
  context: ToolContext,
  noun: Noun,
  step: Step,
  isDryRun: boolean,
): Promise<Outcome> {
  const record = await current(context, noun, step.id);
  if (!record) return { state: 'nothing_to_do', reason: 'It is deleted already.' };
  const entries = await entriesOf(context, step);
  const own = new Set([context.api.caller.actor, ...entries.filter(isOf(step)).map(({ actor }) => actor)]);
  const since = entries.filter(({ actor }) => !own.has(actor));
  if (since.length > 0) {
    return {
      state: 'conflict',
      reason: 'Somebody else has worked on it since; delete it by hand if nobody needs it.',
      conflicts: since.slice(-10).map((entry) => ({ what: entry.type, ...authorOf(entry) })),
    };
  }
  const action = `delete the ${noun.label.toLowerCase()}`;
  const write = { action: 'deleted', id: step.id } as const;
  const { step: done } = await writeRecord(context, noun, write, {
    isDryRun,
    as: ownDeleter(context.api.caller),
    version: Number(record['version']),
  });
  return { state: isDryRun ? 'would_be_undone' : 'undone', action, ...(done && { step: done }) };
}

/** An agent that may not delete may still take back what it created itself. */
function ownDeleter(caller: Caller): Caller {
  return caller.agent ? { ...caller, agent: { ...caller.agent, deletes: true } } : caller;
}

async function restoreDeleted(
  context: ToolContext,
  noun: Noun,
  step: Step,
  isDryRun: boolean,
): Promise<Outcome> {
  const { api, operations } = context;
  if (await current(context, noun, step.id)) return { state: 'nothing_to_do', reason: 'It is not deleted.' };
  const action = `restore the ${noun.label.toLowerCase()}`;
  if (isDryRun) return { state: 'would_be_undone', action };
  await api.call('POST', `${noun.plural}/:id/restore`, { params: { id: step.id } });
  const entries = await operations.entriesOfWrite(api.caller, step.id, null);
  const { object, id } = step;
  return { state: 'undone', action, step: { object, id, action: 'restored', entries } };
}

async function setBack(context: ToolContext, noun: Noun, step: Step, isDryRun: boolean): Promise<Outcome> {
  const record = await current(context, noun, step.id);
  if (!record) return { state: 'conflict', reason: 'It was deleted since.' };
  const entries = await entriesOf(context, step);
  const own = entries.filter(isOf(step));
  const since = entries.filter((entry) => !own.includes(entry));
  if (own.length === 0) return { state: 'refused', reason: 'Its previous values are no longer kept.' };

  const values: Body = {};
  const conflicts: Body[] = [];
  for (const { field, before, after, now } of changesOf(noun, own, record)) {
    if (isSame(now, before)) continue;
    if (isSame(now, after)) setValue(values, field, before);
    else conflicts.push({ field, now, ...authorOf(since.findLast((entry) => hasChanged(entry, field))) });
  }
  const tags = tagsAfter(own, record);
  if (tags) values['tags'] = tags;
  if (conflicts.length > 0)
    return {
      state: 'conflict',
      reason: 'Somebody changed the same fields since; nothing was set back.',
      conflicts,
    };
  if (Object.keys(values).length === 0) return { state: 'nothing_to_do', reason: 'It is as before already.' };
  const write = { action: 'updated', id: step.id, values } as const;
  const version = Number(record['version']);
  const { step: done } = await writeRecord(context, noun, write, { isDryRun, version });
  return {
    state: isDryRun ? 'would_be_undone' : 'undone',
    action: 'set back',
    restored: values,
    ...(done && { step: done }),
  };
}

interface FieldChange {
  field: string;
  before: unknown;
  after: unknown;
  now: unknown;
}

/** The writable fields that the entries changed; custom fields one by one. */
function changesOf(noun: Noun, entries: readonly Entry[], record: Body): FieldChange[] {
  const changes = new Map<string, FieldChange>();
  for (const { changed, changed_to: changedTo } of entries) {
    for (const [field, before] of Object.entries(changed ?? {})) {
      if (field === 'custom_fields') {
        const now = (record[field] ?? {}) as Body;
        for (const [key, [from, to]] of customChanges(before, changedTo?.[field])) {
          const name = `custom_fields.${key}`;
          changes.set(name, { field: name, before: from, after: to, now: now[key] ?? null });
        }
      } else if (noun.fields[field] && !noun.fields[field].isReadOnly) {
        changes.set(field, { field, before, after: changedTo?.[field] ?? null, now: record[field] ?? null });
      }
    }
  }
  return [...changes.values()];
}

function setValue(values: Body, field: string, value: unknown): void {
  const key = /^custom_fields\.(.*)$/s.exec(field)?.[1];
  if (key === undefined) values[field] = value;
  else values['custom_fields'] = { ...(values['custom_fields'] as Body | undefined), [key]: value };
}

/** The tags without those that the entries added, and with those that they removed; undefined if nothing changes. */
function tagsAfter(entries: readonly Entry[], record: Body): string[] | undefined {
  const now = (record['tags'] ?? []) as string[];
  const tagsOf = (verb: string) =>
    entries.filter(({ type }) => type.endsWith(`.${verb}`)).map(({ changed }) => String(changed?.['tag']));
  const added = new Set(tagsOf('tag_added'));
  const removed = tagsOf('tag_removed').filter((tag) => !now.includes(tag));
  const next = [...now.filter((tag) => !added.has(tag)), ...removed];
  return isSame(now, next) ? undefined : next;
}

function hasChanged({ changed }: Entry, field: string): boolean {
  const name = field.startsWith('custom_fields.') ? 'custom_fields' : field;
  return changed !== null && Object.hasOwn(changed, name);
}

function authorOf(entry: Entry | undefined): Body {
  if (!entry) return { changed_by: null };
  return { changed_by: entry.actor_name ?? entry.actor, changed_at: entry.occurred_at };
}

/** Whether an entry is of the step itself. */
function isOf(step: Step) {
  return ({ id }: Entry) => step.entries.includes(id);
}

/** The entries of a step and those since. */
async function entriesOf({ api, operations }: ToolContext, { id, entries }: Step): Promise<Entry[]> {
  const [first] = entries;
  return first === undefined ? [] : operations.entriesFrom(api.caller.workspaceId, id, first);
}

/** The record as it is; undefined if it is deleted. */
async function current({ api }: ToolContext, { plural }: Noun, id: string): Promise<Body | undefined> {
  try {
    return await api.call('GET', `${plural}/:id`, { params: { id } });
  } catch (error) {
    if (error instanceof ApiError && error.code === 'not_found') return undefined;
    throw error;
  }
}
