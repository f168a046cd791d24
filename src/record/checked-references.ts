import { ApiError } from '../base/errors.ts';
import type { Uuid } from '../base/id.ts';
import type { Noun } from './noun.ts';
import type { References } from './reference.ts';

/** The records of a noun, to look up the current references of one. */
interface Referring {
  noun: Pick<Noun, 'references'>;
  store: { get(workspaceId: Uuid, id: Uuid): Promise<object | undefined> };
}

/**
 * The input, with the survivors of merged records in place of their old ids. Throws `validation_error` if a reference is
 * to no record.
 * @param id the record that is changed: its current references may stay, even if deleted since
 */
export async function withReferences<T extends object>(
  references: References,
  { noun, store }: Referring,
  workspaceId: Uuid,
  input: T,
  id?: Uuid,
): Promise<T> {
  const found = await references.missing(workspaceId, noun.references, input);
  if (found.length === 0) return input;
  const survivors = await references.survivors(workspaceId, noun.references, input);
  const current = { ...input, ...survivors };
  let missing = found.filter(({ field }) => !(field in survivors));
  if (missing.length > 0 && id !== undefined) {
    const stored = (await store.get(workspaceId, id)) as Record<string, unknown> | undefined;
    const sent = input as Record<string, unknown>;
    missing = missing.filter(({ field }) => sent[field] !== stored?.[field]);
  }
  if (missing.length === 0) return current;
  const message = missing.map((problem) => `${problem.field}: ${problem.message}`).join('; ');
  throw new ApiError('validation_error', message, { fields: missing });
}
