import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { ConnectionKind } from '../../connections/connection-kind.ts';
import type { OpenConnection } from '../../connections/connection.ts';

/** Settings with the member whose account it is. */
const MEMBER = ['owner', 'user_id'];
/** Settings that decide to whom secrets are sent, and who reads what comes back. */
const GUARDED = ['host', 'port', 'tls', 'url', 'base_url', 'visibility', ...MEMBER];

interface Change {
  settings?: Readonly<Record<string, unknown>> | undefined;
  secrets?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * The password of a member's mailbox is not sent to a server that somebody else has entered, and what the member alone
 * reads is not opened to others with it. Throws `forbidden`, unless the secrets are sent with the change.
 * @param makerId the member on whose behalf the caller acts
 */
export function checkPersonalConnection(
  { generate }: Pick<ConnectionKind, 'generate'>,
  { settings = {}, secrets = {} }: Change,
  current: Pick<OpenConnection, 'settings' | 'secrets'>,
  makerId: Uuid | null,
): void {
  const [member] = MEMBER.flatMap((name) => {
    const id = current.settings[name];
    return typeof id === 'string' && id !== '' ? [id.toLowerCase()] : [];
  });
  if (member === undefined || member === makerId) return;
  const changed = GUARDED.find(
    (name) => settings[name] !== undefined && (settings[name] ?? null) !== (current.settings[name] ?? null),
  );
  const kept = Object.keys(current.secrets[0] ?? {}).filter(
    (name) => !Object.hasOwn(generate, name) && secrets[name] === undefined,
  );
  if (changed === undefined || kept.length === 0) return;
  throw new ApiError(
    'forbidden',
    `The account is another member's: to change settings.${changed}, send its secrets again (${kept.join(', ')}).`,
  );
}
