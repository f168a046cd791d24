import { invalid } from '../base/errors.ts';
import type { Catalogue } from '../events/event-type.ts';
import { canMatch } from '../events/event-filter-match.ts';
import type { Format } from '../delivery/format.ts';
import { maxDurationDays, MAX_SCHEDULE_DAYS, type Schedule } from '../delivery/retry.ts';

/** A secret that a person brings, or null for none, where the format goes without. Throws `validation_error`. */
export function broughtSecret<Given extends string | null | undefined>(input: Given, format: Format): Given {
  if (input === null && format.unsigned === 'never')
    throw invalid('secret', `can not be null: the format ${format.name} signs every delivery`);
  const problem = typeof input === 'string' ? format.secretProblem(input) : null;
  if (problem !== null) throw invalid('secret', problem);
  return input;
}

/** How a webhook signs: with a secret that both ends have, or with a private key. */
export type Signature = 'v1' | 'v1a';

/**
 * The secret of a new webhook, null for none; made where none is given, unless the format then goes without. Throws
 * `validation_error` where it is not for the signature that was asked for.
 */
export function firstSecret(
  input: string | null | undefined,
  format: Format,
  requested: Signature | undefined,
): string | null {
  const brought = broughtSecret(input, format);
  checkSignature(requested, brought, format);
  if (brought !== undefined) return brought;
  return format.unsigned === 'by default' ? null : madeSecret(format, requested);
}

export function madeSecret(format: Format, requested: Signature | undefined): string {
  return requested === 'v1a' ? format.asymmetric!.makeSecret() : format.makeSecret();
}

/** Throws `validation_error` where the format has no such signature, or the secret is for another. */
export function checkSignature(
  requested: Signature | undefined,
  secret: string | null | undefined,
  format: Format,
): void {
  if (requested === undefined) return;
  if (!format.asymmetric)
    throw invalid('signature', `the format ${format.name} has one kind of signature only`);
  if (typeof secret === 'string' && format.asymmetric.isPrivate(secret) !== (requested === 'v1a'))
    throw invalid('secret', `is not for the signature ${requested}: v1 takes whsec_…, v1a takes whsk_…`);
}

/**
 * A schedule with what a person changes of it. Throws `validation_error` where it has more retries than the format
 * knows, or could take longer than a delivery may wait: nothing may cut its retries short.
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
      `the last attempt could come after ${days} days; it has to within ${MAX_SCHEDULE_DAYS}`,
    );
  }
  return next;
}

/** Whether a 410 disables a webhook. Throws `validation_error` where its format leaves no choice. */
export function goneDisables(input: boolean, format: Format): boolean {
  if (!input && format.goneDisables)
    throw invalid('disable_on_410', `a 410 always disables in the format ${format.name}`);
  return input;
}

/**
 * Throws `validation_error` where no event that a webhook subscribes to could ever pass its filter.
 * @param events our names of types, or `*`
 * @param field what was sent, and so is named
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
  // Of a type that there is no more, nothing is known.
  const isUnknown = events.some((name) => name !== '*' && !catalogue.type(name));
  if (isUnknown || wanted.some((type) => canMatch(filter, type))) return;
  const names = wanted.slice(0, 5).map(({ name }) => format.nameOf(name));
  const why = `no event of ${[...new Set(names)].join(', ')}${wanted.length > 5 ? ', …' : ''} can match the filter`;
  throw invalid(
    field,
    `${why}: a field that the filter names is not in these events, or never has such a value`,
  );
}
