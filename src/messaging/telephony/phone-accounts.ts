import { invalid } from '../../base/errors.ts';
import { internationalNumber } from '../../base/phone-number.ts';
import type { Uuid } from '../../base/id.ts';
import type { Connections } from '../../connections/connection-store.ts';
import type { Database } from '../../db/pool.ts';
import { defaultCountry } from '../../record/record-filter.ts';
import type { PhoneAccount, PhoneProvider } from './phone-provider.ts';

/** The most connections of a workspace (connection-store.ts). */
const MAX_CONNECTIONS = 100;

/** A number that a workspace sends and calls from. */
export interface OwnNumber {
  number: string;
  connectionId: Uuid;
  provider: PhoneProvider;
}

export interface PhoneAccounts {
  /** The numbers of all active connections; the default number first. */
  numbers(workspaceId: Uuid): Promise<OwnNumber[]>;
  /** The number that `from` and `connectionId` choose. Throws `validation_error`. */
  choose(workspaceId: Uuid, chosen: { connectionId: string | null; from: string | null }): Promise<OwnNumber>;
  /** A connection with its secrets. Throws `not_found`, and `conflict` if they cannot be opened. */
  open(workspaceId: Uuid, connectionId: Uuid): Promise<{ account: PhoneAccount; provider: PhoneProvider }>;
  /** A number as `+491711234567`, by the country of the workspace; null if it is not possible. */
  international(workspaceId: Uuid, phone: string): Promise<string | null>;
}

export interface PhoneAccountParts {
  db: Database;
  connections: Pick<Connections, 'open' | 'list'>;
  phoneProviders: readonly PhoneProvider[];
}

export function makePhoneAccounts({ db, connections, phoneProviders }: PhoneAccountParts): PhoneAccounts {
  const providers = new Map(phoneProviders.map((provider) => [provider.kind, provider]));

  async function numbers(workspaceId: Uuid): Promise<OwnNumber[]> {
    const all = await connections.list(workspaceId, MAX_CONNECTIONS, null);
    // The oldest connection has the default number.
    return all.toReversed().flatMap(({ id, kind, settings, active }) => {
      const provider = providers.get(kind);
      if (!provider || !active) return [];
      return provider.numbersOf(settings).map((number) => ({ number, connectionId: id, provider }));
    });
  }

  const international = async (workspaceId: Uuid, phone: string) =>
    internationalNumber(phone, await defaultCountry(db, workspaceId));

  return {
    numbers,
    international,

    async choose(workspaceId, { connectionId, from }) {
      const own = await numbers(workspaceId);
      const ofConnection = own.filter((item) => connectionId === null || item.connectionId === connectionId);
      if (ofConnection.length === 0)
        throw invalid(
          'connection_id',
          connectionId === null
            ? 'cannot be chosen: connect a phone provider in Settings → Connections first'
            : 'is not an active connection of a phone provider',
        );
      if (from === null) return ofConnection[0]!;
      const wanted = (await international(workspaceId, from)) ?? from.trim();
      const found = ofConnection.find(({ number }) => number === wanted || number === from.trim());
      if (!found) throw invalid('from', 'is not a number of a phone connection');
      return found;
    },

    async open(workspaceId, connectionId) {
      const { id, kind, settings, secrets } = await connections.open(workspaceId, connectionId);
      const provider = providers.get(kind);
      if (!provider) throw invalid('connection_id', 'is not a connection of a phone provider');
      return { account: { workspaceId, id, kind, settings, secrets: secrets[0]! }, provider };
    },
  };
}
