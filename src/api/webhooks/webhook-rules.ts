import { invalid } from '../../base/errors.ts';
import type { Catalogue } from '../../events/event-type.ts';
import { canMatch } from '../../events/event-filter-match.ts';
import type { Format } from '../../delivery/endpoint/webhook-format.ts';
import { maxDurationDays, MAX_SCHEDULE_DAYS, type Schedule } from '../../delivery/worker/retry-delay.ts';

/** A user-supplied secret, or null for unsigned if the format allows it. Throws `validation_error`. */
export function suppliedSecret<Input extends string | null | undefined>(input: Input, format: Format): Input {
  if (input === null && format.unsigned === 'never')
    throw invalid('secret', `cannot be null: the format ${format.name} signs every delivery`);
  const problem = typeof input === 'string' ? format.secretProblem(input) : null;
  if (problem !== null) throw invalid('secret', problem);
  return input;
}

/** How a webhook signs: with a shared secret or with a private key. */
export type Signature = 'v1' | 'v1a';

/**
 * The secret of a new webhook, null for none. It is generated if missing, unless the format is unsigned by
 * default. Throws `validation_error` if it does not fit the requested signature.
 */
export function initialSecret(
  input: string | null | undefined,
  format: Format,
  requested: Signature | undefined,
): string | null {
  const supplied = suppliedSecret(input, format);
  checkSignature(requested, supplied, format);
  if (supplied !== undefined) return supplied;
  return format.unsigned === 'by default' ? null : generatedSecret(format, requested);
}

export function generatedSecret(format: Format, requested: Signature | undefined): string {
  return requested === 'v1a' ? format.asymmetric!.makeSecret() : format.makeSecret();
}

/** Throws `validation_error` if the format has no such signature, or the secret is for another one. */
export function checkSignature(
  requested: Signature | undefined,
  secret: string | null | undefined,
  format: Format,
): void {
  if (requested === undefined) return;
  if (!format.asymmetric)
    throw invalid('signature', `the format ${format.name} has only one kind of signature`);
  if (typeof secret === 'string' && format.asymmetric.isPrivate(secret) !== (requested === 'v1a'))
    throw invalid(
      'secret',
      `does not fit the signature ${requested}: v1 requires whsec_…, v1a requires whsk_…`,
    );
}

/**
 * Applies a change to a schedule. Throws `validation_error` if it has more retries than the format allows, or
 * could take longer than a delivery may wait: retries must never be cut off.
 */
export function schedule(
  input: { max?: number | undefined; intervals_s?: number[] | undefined },
  current: Schedule,
  format: Format,
): Schedule {
  const next = { max: input.max ?? current.max, intervalsS: input.intervals_s ?? current.intervalsS };
  if (next.max > format.maxRetries)
    throw invalid('retry.max', `the format ${format.name} has at most ${format.maxRetries} retries`);
  const days = Math.ceil(maxDurationDays(next));
  if (days > MAX_SCHEDULE_DAYS) {
    throw invalid(
      input.intervals_s ? 'retry.intervals_s' : 'retry.max',
      `the last attempt could be after ${days} days; the maximum is ${MAX_SCHEDULE_DAYS}`,
    );
  }
  return next;
}

/** The value of `names` for Fairlead's; the other is the name of the format. */
export const FAIRLEAD_NAMES = 'fairlead';

/** The values of `names` in a format, the default first; empty if there is no choice. */
export function namesOf(format: Format): string[] {
  return format.ownNames ? [format.name, FAIRLEAD_NAMES] : [];
}

/** Whether a webhook has the names of the format's system. Throws `validation_error` for a value that the format does not have. */
export function hasOwnNames(names: string | null | undefined, format: Format): boolean {
  const choices = namesOf(format);
  if (names === null || names === undefined) return choices.length > 0;
  if (choices.length === 0) throw invalid('names', `the format ${format.name} has only one kind of names`);
  if (!choices.includes(names)) throw invalid('names', `must be ${choices.join(' or ')}`);
  return names !== FAIRLEAD_NAMES;
}

/** Whether a 410 disables a webhook. Throws `validation_error` if the format does not allow the choice. */
export function goneDisables(input: boolean, format: Format): boolean {
  if (!input && format.goneDisables)
    throw invalid('disable_on_410', `in the format ${format.name} a 410 always disables`);
  return input;
}

/**
 * Throws `validation_error` if no event that a webhook subscribes to can match its filter.
 * @param events Fairlead's names of types, or `*`
 * @param field the sent field, for the error
 */
export function checkCanMatch(
  filter: Record<string, unknown>,
  events: readonly string[],
  format: Format,
  catalogue: Catalogue,
  field: 'filter' | 'events',
): void {
  const wanted = catalogue.types.filter(
    ({ name }) => events.includes(name) || (events.includes('*') && format.documents(name)),
  );
  // A deleted type has no known schema.
  const isUnknown = events.some((name) => name !== '*' && !catalogue.type(name));
  if (isUnknown || wanted.some((type) => canMatch(filter, type))) return;
  const names = wanted.slice(0, 5).map(({ name }) => format.nameOf(name));
  const why = `no event of ${[...new Set(names)].join(', ')}${wanted.length > 5 ? ', …' : ''} can match the filter`;
  throw invalid(field, `${why}: a field of the filter is not in these events, or never has this value`);
}
