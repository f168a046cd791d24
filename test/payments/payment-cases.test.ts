import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readOutcomes, type PaymentOutcome } from '../kit/payment-outcome.ts';
import {
  eventsOf,
  PAYMENT_CONNECTIONS,
  reportedAgain,
  sendUntilAccepted,
  type SentEvent,
} from '../kit/payment-sender.ts';
import { PAYMENT_CASES } from '../kit/payment-cases.ts';
import type { PaymentCase } from '../kit/payment-case.ts';
import { secondServer, startScenario, type Scenario } from '../kit/scenario.ts';
import { makeRandom } from '../proof/random.ts';
import { repeatWith, SEED, SIZE, TIMEOUT_MS } from '../proof/settings.ts';

/** How often each paymentCase is told in another order. */
const SHUFFLES = SIZE === 'whole' ? 1_000 : 20;
/** Workspaces, and runs at the same time: what fires in one workspace waits for each other. */
const WORKSPACES = 8;
const CONCURRENCY = 16;
const TOKEN = /t\d\dr\d{4}/;

/** The paths of its webhooks. */
interface Account {
  stripe: string;
  paypal: string;
}

interface Run {
  paymentCase: PaymentCase;
  token: string;
  order: SentEvent[];
  /** Sends the events at once to two servers, instead of one after the other to one. */
  isAtOnce: boolean;
}

let s: Scenario;
let second: Awaited<ReturnType<typeof secondServer>>;
let outcomes: Map<string, PaymentOutcome>;
let runs: Run[];

beforeAll(async () => {
  process.stderr.write(`payment-cases: seed ${SEED}, ${SHUFFLES} shuffles of each case\n`);
  s = await startScenario({ FAIRLEAD_SERVICES: 'api' });
  second = await secondServer(s);
  const accounts = await Promise.all(Array.from({ length: WORKSPACES }, (_, n) => makeAccount(n)));
  runs = PAYMENT_CASES.flatMap(runsOf);
  const left = runs.map((run, n) => ({ run, account: accounts[n % WORKSPACES]! }));
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      for (let next = left.shift(); next; next = left.shift()) await tell(next.run, next.account);
    }),
  );
  outcomes = await readOutcomes(s.db.pool, TOKEN);
}, TIMEOUT_MS);
afterAll(async () => {
  await second.stop();
  await s.stop();
});

/** A workspace with an account at each provider. */
async function makeAccount(n: number): Promise<Account> {
  const { id } = await s.app.workspaces.create({ name: `Shop ${n}` });
  const key = await s.app.keys.create({
    workspaceId: id,
    name: 'test',
    style: 'fairlead',
    scopes: ['*'],
    createdBy: 'test',
  });
  const pathOf = async (body: object): Promise<string> => {
    const reply = await s.ask('POST', '/api/v1/connections', { as: key.raw, body });
    expect(reply.status, reply.text).toBe(201);
    return new URL(reply.json.urls[0].url).pathname;
  };
  const { stripe, paypal } = PAYMENT_CONNECTIONS;
  return { stripe: await pathOf(stripe), paypal: await pathOf(paypal) };
}

/** The paymentCase as it happened, and in other orders with each event twice. */
function runsOf(paymentCase: PaymentCase, at: number): Run[] {
  const random = makeRandom(SEED + at);
  return Array.from({ length: SHUFFLES + 1 }, (_, n) => {
    const token = `t${String(at).padStart(2, '0')}r${String(n).padStart(4, '0')}`;
    const events = eventsOf(paymentCase, token);
    if (n === 0) return { paymentCase, token, order: events, isAtOnce: false };
    const again = events.map((event) => (random.next() < 0.5 ? event : reportedAgain(event)));
    return {
      paymentCase,
      token,
      order: random.shuffled([...events, ...again]),
      isAtOnce: random.next() < 0.5,
    };
  });
}

async function tell({ order, isAtOnce }: Run, account: Account): Promise<void> {
  const send = ({ url }: { url: string }, event: SentEvent) =>
    sendUntilAccepted(url + account[event.provider], event);
  if (isAtOnce) await Promise.all(order.map((event, n) => send(n % 2 === 0 ? s : second, event)));
  else for (const event of order) await send(s, event);
}

describe.each(PAYMENT_CASES.map((paymentCase, at) => ({ ...paymentCase, at })))(
  '$provider: $name',
  ({ name, fires, ends }) => {
    const runsOfCase = () => runs.filter(({ paymentCase }) => paymentCase.name === name);

    test('in its order, ends in its records and fires its events', () => {
      const outcome = outcomes.get(runsOfCase()[0]!.token)!;
      expect(outcome).toMatchObject({ fired: fires, ends, disorder: [] });
    });

    test(`in ${SHUFFLES} other orders, with each event twice, ends in the same records and fires each event once`, () => {
      const [first, ...others] = runsOfCase();
      const expected = outcomes.get(first!.token)!;
      for (const { token, order, isAtOnce } of others) {
        const how = `${order.map(({ type }) => type).join(', ')}${isAtOnce ? ', at once' : ''}; repeat with: ${repeatWith('payment-cases')}`;
        expect(outcomes.get(token), how).toEqual(expected);
      }
    });
  },
);
