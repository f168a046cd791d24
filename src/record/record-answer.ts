import { z } from 'zod';
import type { Caller } from '../account/caller.ts';
import type { Uuid } from '../base/id.ts';
import type { Logger } from '../base/log.ts';
import type { ComputedField, Extensions } from './extension.ts';
import type { BaseRecord, Noun } from './noun.ts';
import { expandable, EXPANDED, expandedShape } from './record-expansion-schema.ts';

/** How the API returns records of a noun: with the computed fields that modules add. */
export interface RecordAnswer<R extends BaseRecord> {
  output: z.ZodObject;
  /** The same where a request can have `expand`. */
  expandedOutput: z.ZodObject;
  /** Names of computed fields; ignored when sent. */
  computed: readonly string[];
  /** Those that every response has; the others are on request. */
  always: readonly string[];
  /**
   * @param reader gets the fields on request too, as far as the scopes allow
   * @param names the fields that the request names
   */
  complete(
    workspaceId: Uuid,
    records: readonly R[],
    reader?: Pick<Caller, 'may'>,
    names?: ReadonlySet<string>,
  ): Promise<readonly R[]>;
  /** The same for one record as JSON text. */
  completeText(workspaceId: Uuid, text: string): Promise<string>;
}

/**
 * One `RecordAnswer` for each noun, since the OpenAPI document has one schema of that name. Throws for an extension of an
 * unknown object, and for a computed field that would hide a field of the record.
 */
export function makeRecordAnswers(nouns: readonly Noun[], extensions: Extensions, log: Logger) {
  for (const object of extensions.objects)
    if (nouns.every(({ name }) => name !== object)) throw new Error(`there is no object ${object}`);
  const answers = new Map(
    nouns.map((noun) => [noun.name, makeRecordAnswer(noun, extensions.computedFields(noun.name), log)]),
  );
  return <R extends BaseRecord, Input extends object>({ name }: Noun<R, Input>) =>
    answers.get(name) as unknown as RecordAnswer<R>;
}

function makeRecordAnswer<R extends BaseRecord>(
  noun: Pick<Noun, 'name' | 'label' | 'output' | 'fields'>,
  computedFields: Readonly<Record<string, ComputedField>>,
  log: Logger,
): RecordAnswer<R> {
  const entries = Object.entries(computedFields);
  for (const [name] of entries)
    if (Object.hasOwn(noun.output.shape, name))
      throw new Error(`${noun.name} has a field ${name} of its own`);
  if (entries.length === 0) {
    return {
      output: noun.output,
      expandedOutput: expandedOutput(noun.output, noun),
      computed: [],
      always: [],
      complete: (_workspaceId, records) => Promise.resolve(records),
      completeText: (_workspaceId, text) => Promise.resolve(text),
    };
  }
  /** The record may be written already, so an error of a module must not become the response. */
  const valuesOf = async (
    [name, field]: [string, ComputedField],
    workspaceId: Uuid,
    records: readonly R[],
  ) => {
    try {
      return await field.valuesOf(workspaceId, records);
    } catch (error) {
      log.error({ err: (error as Error).message, field: `${noun.name}.${name}` }, 'could not be computed');
      return null;
    }
  };
  const always = entries.filter(([, field]) => !field.isOnRequest);
  const complete = async (
    workspaceId: Uuid,
    records: readonly R[],
    reader?: Pick<Caller, 'may'>,
    names?: ReadonlySet<string>,
  ): Promise<readonly R[]> => {
    const isAllowed = ({ scope }: ComputedField) => scope === undefined || reader!.may(scope);
    const isWanted = ([name, field]: [string, ComputedField]) =>
      isAllowed(field) && (field.isOnRequest !== 'named' || names?.has(name) === true);
    const wanted = reader ? entries.filter(isWanted) : always;
    if (wanted.length === 0) return records;
    const columns = await Promise.all(wanted.map((entry) => valuesOf(entry, workspaceId, records)));
    return records.map((record, at) => ({
      ...record,
      ...Object.fromEntries(
        wanted.flatMap(([name], column) => (columns[column] ? [[name, columns[column][at]]] : [])),
      ),
    }));
  };
  const output = outputWith(noun.output, entries);
  return {
    output,
    expandedOutput: expandedOutput(output, noun),
    computed: entries.map(([name]) => name),
    always: always.map(([name]) => name),
    complete,
    async completeText(workspaceId, text) {
      if (always.length === 0) return text;
      const [completed] = await complete(workspaceId, [JSON.parse(text) as R]);
      return JSON.stringify(completed);
    },
  };
}

/** By the noun's schema: several apps in one process share the global schema registry. */
const extended = new WeakMap<z.ZodObject, z.ZodObject>();

/** Moves the schema's name to the extended one; events use the noun's own schema, then without a name. */
function outputWith(output: z.ZodObject, entries: readonly [string, ComputedField][]): z.ZodObject {
  const before = extended.get(output);
  if (before) return before;
  const meta = output.meta() ?? {};
  z.globalRegistry.remove(output);
  const computed = entries.map(([name, { output: shape, description, isOnRequest }]) => [
    name,
    (isOnRequest ? shape.optional() : shape).meta({ description, readOnly: true }),
  ]);
  const answer = output.extend(Object.fromEntries(computed)).meta(meta);
  extended.set(output, answer);
  return answer;
}

/** By the schema without `expanded`, for the same reason. */
const withExpanded = new WeakMap<z.ZodObject, z.ZodObject>();

function expandedOutput(output: z.ZodObject, noun: Pick<Noun, 'fields'>): z.ZodObject {
  if (expandable(noun).length === 0) return output;
  const before = withExpanded.get(output);
  if (before) return before;
  const { id } = output.meta() ?? {};
  const expanded = output
    .extend({ [EXPANDED]: expandedShape(noun) })
    .meta(id === undefined ? {} : { id: `Expanded${id}` });
  withExpanded.set(output, expanded);
  return expanded;
}
