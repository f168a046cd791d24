import type { ConnectionValues } from '../connections/connection-kind.ts';
import type { HttpClient } from '../net/http-client.ts';
import type { ProviderEvent, ProviderFact } from './provider-fact.ts';

/** Something that a provider answered: an event, or an object as it is now. */
export interface ProviderReading {
  event: ProviderEvent;
  /** Throws `validation_error` for what cannot be recorded, such as an amount that its currency does not have. */
  facts(): ProviderFact[];
}

/** Reads an account. The times of what it returns are in milliseconds; nothing has to be in order. */
export interface ProviderReader {
  /** Events since a time, as far back as the provider keeps them. */
  events(since: number, signal: AbortSignal): AsyncIterable<ProviderReading>;
  /** Objects that were created since a time. */
  objects(since: number, signal: AbortSignal): AsyncIterable<ProviderReading>;
}

/** How an integration reads what its provider knows (PM5). */
export interface ProviderSource {
  /** The kind of its connections. */
  kind: string;
  /** Null for a connection without a key. */
  open(values: ConnectionValues, http: HttpClient): ProviderReader | null;
}
