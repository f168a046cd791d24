import type { Caller } from '../account/caller.ts';
import type { Client } from '../http/route.ts';

/** The origin of an input. */
export interface Source {
  /** The whole body. */
  sent: unknown;
  /** The body as JSON text, exactly as sent, for storage. */
  sentText(): string;
  client: Pick<Client, 'address' | 'referrer'>;
  /** Missing for what no caller of the API sent, as a form. */
  caller?: Pick<Caller, 'may' | 'makerId'>;
  /** The channel; default: `api`. */
  channel?: string;
  /** The UTM fields, if not in `sent`. */
  campaign?: Record<string, unknown>;
}
