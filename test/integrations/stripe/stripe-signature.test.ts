import { Stripe } from 'stripe';
import { describe, expect, test } from 'vitest';
import { stripeSignature, verifySignature } from '../../../src/integrations/stripe/stripe-signature.ts';

const SECRET = 'whsec_test_secret';
const NOW = 1_780_000_000_000;
/** As Stripe writes it, with CRLF and letters of other scripts in its texts. */
const BODY = JSON.stringify({ id: 'evt_1', type: 'charge.succeeded', note: 'Grüße\r\n日本' }, null, 2);

/** Stripe's own package signs. */
const stripe = new Stripe('sk_test_none');
const signed = (more: { payload?: string; secret?: string; timestamp?: number } = {}) =>
  stripe.webhooks.generateTestHeaderString({ payload: BODY, secret: SECRET, timestamp: NOW / 1000, ...more });

function verify(header: string | undefined, { body = BODY, secret = SECRET, now = NOW } = {}): string | null {
  const headers = header === undefined ? {} : { 'stripe-signature': header };
  return verifySignature({ headers, rawBody: Buffer.from(body), body: JSON.parse(body) }, secret, now);
}

describe('PM1: the signature of Stripe', () => {
  test('is accepted as its own package makes it, and its own package accepts ours', () => {
    expect(verify(signed())).toBeNull();
    const header = stripeSignature(SECRET, BODY, Date.now());
    expect(stripe.webhooks.constructEvent(BODY, header, SECRET)).toMatchObject({ id: 'evt_1' });
  });

  test.each([
    ['one of several v1 matches, as after a rotation', `${signed()},v1=${'0'.repeat(64)}`, null],
    ['the matching v1 is the second one', signed().replace(',v1', `,v1=${'0'.repeat(64)},v1`), null],
    ['further schemes and names are there', `v0=1,${signed()},x=a=b`, null],
    ['there are blanks around the parts', signed().replace(',', ' , '), null],
    ['it is exactly five minutes old', signed({ timestamp: NOW / 1000 - 300 }), null],
    ['it is older', signed({ timestamp: NOW / 1000 - 301 }), 'timestamp_outside_tolerance'],
    ['it is of the future', signed({ timestamp: NOW / 1000 + 301 }), 'timestamp_outside_tolerance'],
    ['it was made with another secret', signed({ secret: 'whsec_other' }), 'no_signature_matches'],
    ['it was made for another body', signed({ payload: `${BODY} ` }), 'no_signature_matches'],
    ['it has only v0', signed().replace('v1=', 'v0='), 'header_malformed'],
    ['it has no time', signed().replace(/^t=\d+,/, ''), 'header_malformed'],
    ['its time is no number', signed().replace(/^t=\d+/, 't=now'), 'header_malformed'],
    ['it is empty', '', 'header_malformed'],
    ['it is missing', undefined, 'header_malformed'],
  ])('%s', (_case, header, reason) => {
    const problem = verify(header);
    expect(problem === null ? null : problem.split(':')[0]).toBe(reason);
  });

  test('says so where a proxy has rewritten the body', () => {
    const compact = JSON.stringify(JSON.parse(BODY));
    expect(verify(signed(), { body: compact })).toMatch('a proxy has rewritten the body');
    expect(verify(signed({ secret: 'whsec_other' }), { body: compact })).not.toMatch('proxy');
  });
});
