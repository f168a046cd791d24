import { createHmac } from 'node:crypto';

/** The n-th payment of a customer of its own, as Stripe posts it: signed, with everything that a charge has. */
export function stripeRequest(
  /** @type {string} */ path,
  /** @type {string} */ secret,
  /** @type {number | string} */ n,
) {
  const created = Math.floor(Date.now() / 1000);
  const body = JSON.stringify(
    {
      id: `evt_${n}`,
      object: 'event',
      api_version: '2026-07-29.dahlia',
      created,
      livemode: true,
      type: 'charge.succeeded',
      data: {
        object: {
          id: `ch_${n}`,
          object: 'charge',
          amount: 1999,
          amount_captured: 1999,
          amount_refunded: 0,
          billing_details: { email: `payer.${n}@example.com`, name: 'Jane Doe', phone: null },
          captured: true,
          created,
          currency: 'eur',
          customer: `cus_${n}`,
          description: 'Workshop',
          metadata: {},
          paid: true,
          payment_intent: `pi_${n}`,
          payment_method_details: { type: 'card', card: { brand: 'visa', last4: '4242' } },
          receipt_url: `https://pay.stripe.com/receipts/${n}`,
          status: 'succeeded',
        },
      },
    },
    null,
    2,
  );
  const signature = createHmac('sha256', secret).update(`${created}.${body}`).digest('hex');
  return (
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nstripe-signature: t=${created},v1=${signature}\r\n` +
    `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  );
}
