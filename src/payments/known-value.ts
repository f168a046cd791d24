/** A value and the time of the event that says so, in milliseconds. JSON, as it is stored. */
export interface Known<T = unknown> {
  at: number;
  value: T;
}

/** Values by name, each with its own time. */
export type KnownValues = Record<string, Known>;

/**
 * Of two reports of a value, the later one; of the same time, one of them, always the same one. So the result does not
 * depend on the order in which they arrive.
 */
export function later<T>(known: Known<T> | undefined, reported: Known<T>): Known<T> {
  if (known === undefined || reported.at > known.at) return reported;
  if (reported.at < known.at) return known;
  return JSON.stringify(reported.value) > JSON.stringify(known.value) ? reported : known;
}

/** Adds reports of values; those that are undefined say nothing. */
export function learn(known: KnownValues, at: number, values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values))
    if (value !== undefined) known[name] = later(known[name], { at, value });
}

/** The same, where null says nothing either. */
export function learnFilled(known: KnownValues, at: number, values: Readonly<Record<string, unknown>>): void {
  const filled = Object.entries(values).filter(([, value]) => value !== null && value !== '');
  learn(known, at, Object.fromEntries(filled));
}

/** A status that some of its values end. */
export interface StatusRules<Status extends string> {
  /** Of two with the same time, the later one in this list counts. */
  order: readonly Status[];
  /** Nothing follows these, whatever its time. */
  final: ReadonlySet<Status>;
}

/** Of two reports of a status, the one that counts. */
export function laterStatus<Status extends string>(
  { order, final }: StatusRules<Status>,
  known: Known<Status> | undefined,
  reported: Known<Status>,
): Known<Status> {
  if (known === undefined) return reported;
  const [isFinal, endsNow] = [final.has(known.value), final.has(reported.value)];
  if (isFinal !== endsNow) return endsNow ? reported : known;
  if (reported.at !== known.at) return reported.at > known.at ? reported : known;
  return order.indexOf(reported.value) > order.indexOf(known.value) ? reported : known;
}

/** The value, or null if it is not known. */
export function valueOf<T>(known: KnownValues, name: string): T | null {
  return (known[name]?.value as T | undefined) ?? null;
}
