import type { Uuid } from '../base/id.ts';
import type { Database } from '../db/pool.ts';
import type { Queryable, Transaction } from '../db/query.ts';
import type { LaneKey } from '../events/outbox.ts';
import { validationError } from '../http/error-response.ts';
import { validate } from '../http/validation.ts';
import type { BaseRecord } from './noun.ts';
import {
  criteriaOf,
  findMatch,
  lockMatches,
  type Criteria,
  type Match,
  type MatchRule,
} from './record-match.ts';
import type { Plan, Writer } from './record-plan.ts';
import type { RecordService } from './record-service.ts';

/** By which a person is recognised. Empty texts are as good as none. */
export interface PersonAddress {
  email?: string | null | undefined;
  phone?: string | null | undefined;
}

/** A new contact, as `POST /contacts` takes it. */
export interface NewPerson extends PersonAddress {
  first_name?: string | null;
  last_name?: string | null;
  /** Default: as for every new contact. */
  status?: string;
  source?: string;
}

/** A person, found or created. */
export interface FoundPerson {
  id: Uuid;
  /** The field that it was recognised by; null if it was created. */
  field: string | null;
  /** Whether other records could be meant. */
  ambiguous: boolean;
  /** To be notified after the commit. */
  lanes: LaneKey[];
}

/** A person whose contact is to be found or created. */
export interface PreparedPerson {
  writer: Writer;
  criteria: Criteria;
  plan: Plan<BaseRecord>;
}

/** Who an address belongs to, for modules that receive things from people: payments, bookings, messages. */
export interface PersonDirectory {
  /** The record with this address: by email, else by telephone. */
  find(
    on: Queryable,
    object: 'contact' | 'lead',
    workspaceId: Uuid,
    address: PersonAddress,
  ): Promise<Match | undefined>;
  /**
   * Called before the transaction of `findOrCreate`, which then needs one connection only. Throws `validation_error` for
   * what no contact may have, such as a person without email and name.
   */
  prepare(writer: Writer, person: NewPerson): Promise<PreparedPerson>;
  /**
   * The contact with one of these addresses, or a new one, with its `contact.created`, in the caller's transaction. Two at
   * once, over any number of processes, create one.
   */
  findOrCreate(trx: Transaction, prepared: PreparedPerson): Promise<FoundPerson>;
}

/** For objects without rules of their own. */
const ADDRESS_RULES: readonly MatchRule[] = [
  { field: 'email', by: 'email' },
  { field: 'phone', by: 'phone' },
];

/** @param serviceOf the service of an object */
export function makePersonDirectory(
  db: Database,
  serviceOf: (object: string) => RecordService<BaseRecord, object>,
): PersonDirectory {
  const criteriaFor = (object: string, workspaceId: Uuid, { email, phone }: PersonAddress) => {
    const { matchRules } = serviceOf(object).noun;
    const rules = matchRules.length > 0 ? matchRules : ADDRESS_RULES;
    return criteriaOf(db, workspaceId, rules, { email, phone });
  };
  return {
    async find(on, object, workspaceId, address) {
      return findMatch(on, object, workspaceId, await criteriaFor(object, workspaceId, address));
    },

    async prepare(writer, person) {
      const service = serviceOf('contact');
      const input = Object.fromEntries(
        Object.entries(person).filter(([, value]) => value !== undefined && value !== ''),
      );
      const source = {
        sent: input,
        sentText: () => JSON.stringify(input),
        client: { address: '', referrer: undefined },
      };
      const parsed = validate(service.noun.input, input, true);
      if ('error' in parsed) throw validationError(parsed.error, 'body');
      return {
        writer,
        criteria: await criteriaFor('contact', writer.workspaceId, person),
        plan: await service.plan(writer, parsed.data, source),
      };
    },

    async findOrCreate(trx, { writer, criteria, plan }) {
      const { workspaceId } = writer;
      const keys = criteria.map(({ key }) => key);
      await lockMatches(trx, 'contact', workspaceId, keys);
      const found = await findMatch(trx, 'contact', workspaceId, criteria);
      if (found) return { ...found, lanes: [] };
      const lanes = await serviceOf('contact').store.createWithin(trx, writer, [plan]);
      return { id: plan.id, field: null, ambiguous: false, lanes };
    },
  };
}
