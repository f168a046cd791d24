import { describe, expect, test } from 'vitest';
import { parseJson } from '../../../src/http/json-parser.ts';
import { translatePaypal } from '../../../src/integrations/paypal/paypal-event.ts';
import type { ProviderFact } from '../../../src/payments/provider-fact.ts';
import {
  capture,
  captureRefund,
  order,
  paypalEvent,
  sale,
  subscription,
  usd,
} from '../../kit/paypal-events.ts';

const TIME = '2026-06-01T12:00:00.250Z';
const AT = Date.parse(TIME);

const factsOf = (type: string, resource: Record<string, unknown>): ProviderFact[] =>
  translatePaypal(paypalEvent(1, type, TIME, resource)).facts;

describe('an event of PayPal says', () => {
  test('its id, its type and its time, and nothing if it is not about payments', () => {
    const body = paypalEvent(7, 'VAULT.PAYMENT-TOKEN.CREATED', TIME, { id: '1' });
    expect(translatePaypal(body)).toEqual({
      event: { externalId: 'WH-7-7Y7254563A4550640', type: 'VAULT.PAYMENT-TOKEN.CREATED', createdAt: AT },
      facts: [],
    });
  });

  test('that a capture was received, its fee, and the order and invoice that it is for', () => {
    const resource = capture('CAP1', usd('10.00'), {
      seller_receivable_breakdown: {
        gross_amount: usd('10.00'),
        paypal_fee: usd('0.59'),
        net_amount: usd('9.41'),
      },
      supplementary_data: { related_ids: { order_id: 'ORDER1' } },
      invoice_id: 'R-2026-17',
      custom_id: 'fairlead_contact_id=42&fairlead_deal_id=7',
      payee: { email_address: 'shop@example.com', merchant_id: 'X5XAHHCG636FA' },
    });
    expect(factsOf('PAYMENT.CAPTURE.COMPLETED', resource)).toEqual([
      {
        kind: 'attempt',
        at: AT,
        paymentId: 'CAP1',
        attemptId: 'CAP1',
        status: 'succeeded',
        amount: { minor: 1000n, currency: 'USD' },
      },
      {
        kind: 'payment',
        at: AT,
        paymentId: 'CAP1',
        methodType: 'paypal',
        fee: { minor: 59n, currency: 'USD' },
        invoiceId: 'R-2026-17',
        linkId: 'ORDER1',
        contactRef: '42',
        dealRef: '7',
        metadata: { custom_id: 'fairlead_contact_id=42&fairlead_deal_id=7' },
      },
    ]);
  });

  test.each([
    ['6c9e3f52-6d35-4a8e-9b76-2f6f6b1d7b11', { contactRef: '6c9e3f52-6d35-4a8e-9b76-2f6f6b1d7b11' }],
    // A number of the shop itself must not become a contact.
    ['10042', {}],
    ['a=1&b=2', {}],
  ])('a contact by the custom_id %s only if it names one', (customId, expected) => {
    const [, details] = factsOf(
      'PAYMENT.CAPTURE.COMPLETED',
      capture('CAP1', usd('1.00'), { custom_id: customId }),
    );
    const { contactRef, dealRef } = details as { contactRef?: string; dealRef?: string };
    expect({ ...(contactRef && { contactRef }), ...(dealRef && { dealRef }) }).toEqual(expected);
  });

  test.each([
    ['1000', 'JPY', 1000n],
    ['1000', 'HUF', 100_000n],
    ['300.50', 'TWD', 30_050n],
    ['1.234', 'KWD', 1234n],
    ['5', 'ZZZ', 500n],
  ])('an amount of %s %s exactly', (value, currency, minor) => {
    const [attempt] = factsOf(
      'PAYMENT.CAPTURE.COMPLETED',
      capture('CAP1', { value, currency_code: currency }),
    );
    expect(attempt).toMatchObject({ amount: { minor, currency } });
  });

  test('an amount that is a JSON number exactly, and none that a double would change', () => {
    const body = JSON.stringify(
      paypalEvent(1, 'PAYMENT.CAPTURE.COMPLETED', TIME, capture('CAP1', usd('VALUE'))),
    );
    const read = (value: string) =>
      translatePaypal(parseJson(body.replace('"VALUE"', value), JSON.parse).value).facts[0];
    expect(read('19.99')).toMatchObject({ amount: { minor: 1999n } });
    expect(read('9007199254740.93')).toMatchObject({ amount: { minor: 900_719_925_474_093n } });
    expect(() => read('90071992547409931.07')).toThrow('resource.amount.value: must be at most');
  });

  test.each([
    [{ value: '0.001', currency_code: 'USD' }, 'resource.amount.value: must have at most 2 decimals in USD'],
    [{ total: '822.0160', currency: 'CZK' }, 'resource.amount.total: must have at most 2 decimals in CZK'],
    [{ value: 'ten', currency_code: 'USD' }, 'resource.amount.value: must be a decimal number'],
    [{ value: '10.00' }, 'resource.amount: is required'],
    [null, 'resource.amount: is required'],
  ])('no amount like %j', (amount, message) => {
    expect(() => factsOf('PAYMENT.CAPTURE.COMPLETED', { id: 'CAP1', amount })).toThrow(message);
  });

  test('why a capture failed', () => {
    const resource = capture('CAP1', usd('10.00'), { status_details: { reason: 'RISK' } });
    expect(factsOf('PAYMENT.CAPTURE.DENIED', resource)[0]).toMatchObject({ failureCode: 'RISK' });
  });

  test.each([
    ['PAYMENT.CAPTURE.PENDING', 'pending'],
    ['PAYMENT.CAPTURE.DENIED', 'failed'],
    ['PAYMENT.CAPTURE.DECLINED', 'failed'],
    ['PAYMENT.SALE.PENDING', 'pending'],
    ['PAYMENT.SALE.DENIED', 'failed'],
    ['PAYMENT.SALE.COMPLETED', 'succeeded'],
  ])('%s: the payment is %s', (type, status) => {
    const resource = type.includes('SALE')
      ? sale('CAP1', '10.00')
      : capture('CAP1', usd('10.00'), { status_details: { reason: 'RISK' } });
    expect(factsOf(type, resource)[0]).toMatchObject({ kind: 'attempt', paymentId: 'CAP1', status });
  });

  test('that a sale paid a subscription, with its fee', () => {
    const more = { billing_agreement_id: 'I-1', transaction_fee: { value: '0.64', currency: 'USD' } };
    expect(factsOf('PAYMENT.SALE.COMPLETED', sale('S1', '10.00', more))[1]).toMatchObject({
      subscriptionId: 'I-1',
      fee: { minor: 64n, currency: 'USD' },
    });
  });

  test.each<[string, Record<string, unknown>, object]>([
    [
      'PAYMENT.CAPTURE.REFUNDED',
      captureRefund('REF1', 'CAP1', usd('4.00'), { note_to_payer: 'Defective product' }),
      { paymentId: 'CAP1', refundId: 'REF1', status: 'succeeded', reason: 'Defective product' },
    ],
    [
      'PAYMENT.CAPTURE.REFUNDED',
      captureRefund('REF1', 'CAP1', usd('4.00'), { status: 'PENDING' }),
      { paymentId: 'CAP1', status: 'pending', reason: null },
    ],
    [
      'PAYMENT.REFUND.FAILED',
      captureRefund('REF1', 'CAP1', usd('4.00'), { status: 'FAILED' }),
      { paymentId: 'CAP1', refundId: 'REF1', status: 'failed' },
    ],
    [
      'PAYMENT.SALE.REFUNDED',
      { ...sale('REF1', '4.00'), sale_id: 'S1', links: [] },
      { paymentId: 'S1', refundId: 'REF1', status: 'succeeded' },
    ],
    [
      'PAYMENT.CAPTURE.REVERSED',
      captureRefund('REV1', 'CAP1', usd('4.00')),
      { paymentId: 'CAP1', refundId: 'REV1', isReversal: true, reason: 'reversal' },
    ],
    [
      'PAYMENT.CAPTURE.REVERSED',
      capture('CAP1', usd('4.00')),
      { paymentId: 'CAP1', refundId: 'CAP1/reversal', isReversal: true, status: 'succeeded' },
    ],
    [
      'PAYMENT.SALE.REVERSED',
      {
        ...sale('REV1', '-4.00'),
        links: [{ href: 'https://api.paypal.com/v1/payments/sale/S1', rel: 'sale' }],
      },
      { paymentId: 'S1', refundId: 'REV1', isReversal: true },
    ],
  ])('%s: which payment was refunded', (type, resource, expected) => {
    const facts = factsOf(type, resource);
    expect(facts).toHaveLength(1);
    expect(facts[0]).toMatchObject({ kind: 'refund', amount: { minor: 400n, currency: 'USD' }, ...expected });
  });

  test('no refund without its payment', () => {
    const resource = { ...captureRefund('REF1', 'CAP1', usd('4.00')), links: [] };
    expect(() => factsOf('PAYMENT.CAPTURE.REFUNDED', resource)).toThrow('resource.links');
  });

  test('who pays an order and with which captures; the seller is never the payer', () => {
    const facts = factsOf(
      'CHECKOUT.ORDER.COMPLETED',
      order('ORDER1', ['CAP1', 'CAP2'], { description: 'Course' }),
    );
    expect(facts).toEqual([
      {
        kind: 'link',
        at: AT,
        linkId: 'ORDER1',
        customerId: 'QYR5Z8XDVJNXQ',
        email: 'jane@example.com',
        name: 'Jane Doe',
      },
      { kind: 'payment', at: AT, paymentId: 'CAP1', linkId: 'ORDER1', description: 'Course' },
      { kind: 'payment', at: AT, paymentId: 'CAP2', linkId: 'ORDER1', description: 'Course' },
      { kind: 'customer', at: AT, customerId: 'QYR5Z8XDVJNXQ', email: 'jane@example.com', name: 'Jane Doe' },
    ]);
    const anonymous = { ...order('ORDER1', []), payer: undefined };
    expect(factsOf('CHECKOUT.ORDER.APPROVED', anonymous)).toEqual([
      { kind: 'link', at: AT, linkId: 'ORDER1' },
    ]);
  });

  test('by which captures an invoice was paid, and not by money outside of PayPal', () => {
    const invoice = {
      id: 'INV2-1',
      primary_recipients: [{ billing_info: { email_address: 'bill@example.com' } }],
      payments: {
        transactions: [
          { payment_id: 'CAP1', type: 'PAYPAL' },
          { payment_id: 'EXTR-1', type: 'EXTERNAL' },
        ],
      },
    };
    expect(factsOf('INVOICING.INVOICE.PAID', { invoice })).toEqual([
      { kind: 'link', at: AT, linkId: 'INV2-1', isInvoice: true, email: 'bill@example.com' },
      { kind: 'payment', at: AT, paymentId: 'CAP1', linkId: 'INV2-1', invoiceId: 'INV2-1' },
    ]);
  });

  test('who subscribed to what, and nothing of its state before the payer has approved it', () => {
    const plan = {
      name: 'Gym',
      billing_cycles: [
        { tenure_type: 'TRIAL', frequency: { interval_unit: 'WEEK', interval_count: 1 } },
        {
          tenure_type: 'REGULAR',
          frequency: { interval_unit: 'MONTH', interval_count: 3 },
          pricing_scheme: { fixed_price: usd('9.99') },
        },
      ],
    };
    const [created, customer] = factsOf(
      'BILLING.SUBSCRIPTION.CREATED',
      subscription('I-1', 'APPROVAL_PENDING', { plan }),
    );
    expect(created).toEqual({
      kind: 'subscription',
      at: AT,
      subscriptionId: 'I-1',
      customerId: '2J6QB8YJQSJRJ',
      email: 'subscriber@example.com',
      name: 'Jane Doe',
      priceId: 'P-5ML4271244454362WXNWU5NQ',
      planName: 'Gym',
      quantity: 2,
      amount: { minor: 1998n, currency: 'USD' },
      interval: 'month',
      intervalCount: 3,
      startedAt: Date.parse('2026-06-01T10:00:00Z'),
      currentPeriodEnd: Date.parse('2026-07-01T10:00:00Z'),
    });
    expect(customer).toMatchObject({ kind: 'customer', customerId: '2J6QB8YJQSJRJ' });
  });

  test.each([
    ['ACTIVATED', 'ACTIVE', { status: 'active' }],
    ['RE-ACTIVATED', 'ACTIVE', { status: 'active' }],
    ['UPDATED', 'SUSPENDED', { status: 'paused' }],
    ['SUSPENDED', 'SUSPENDED', { status: 'paused' }],
    [
      'CANCELLED',
      'CANCELLED',
      { status: 'canceled', endedAt: Date.parse('2026-06-01T09:59:00Z'), cancelReason: null },
    ],
    ['EXPIRED', 'EXPIRED', { status: 'canceled', cancelReason: 'expired' }],
  ])('BILLING.SUBSCRIPTION.%s: its state', (type, status, expected) => {
    const [fact] = factsOf(`BILLING.SUBSCRIPTION.${type}`, subscription('I-1', status));
    expect(fact).toMatchObject({ kind: 'subscription', subscriptionId: 'I-1', ...expected });
  });

  test('that a payment of a subscription failed, the same for each report of it', () => {
    const failed = { amount: usd('10.00'), time: '2026-07-01T10:00:00Z', reason_code: 'PAYMENT_DENIED' };
    const resource = subscription('I-1', 'ACTIVE', { billing_info: { last_failed_payment: failed } });
    const facts = factsOf('BILLING.SUBSCRIPTION.PAYMENT.FAILED', resource);
    expect(facts).toEqual([
      expect.objectContaining({ kind: 'subscription', status: 'active' }),
      expect.objectContaining({ kind: 'customer' }),
      expect.objectContaining({
        kind: 'attempt',
        attemptId: 'I-1/2026-07-01T10:00:00Z',
        status: 'failed',
        failureCode: 'PAYMENT_DENIED',
        amount: { minor: 1000n, currency: 'USD' },
      }),
      expect.objectContaining({
        kind: 'payment',
        paymentId: 'I-1/2026-07-01T10:00:00Z',
        subscriptionId: 'I-1',
      }),
    ]);
  });

  test.each([
    [
      'CREATED',
      { status: 'OPEN', dispute_life_cycle_stage: 'INQUIRY' },
      { status: 'needs_response', isInquiry: true },
    ],
    ['UPDATED', { status: 'UNDER_REVIEW' }, { status: 'under_review', isInquiry: false }],
    [
      'RESOLVED',
      { status: 'RESOLVED', dispute_outcome: { outcome_code: 'RESOLVED_BUYER_FAVOUR' } },
      { status: 'lost' },
    ],
    [
      'RESOLVED',
      { status: 'RESOLVED', dispute_outcome: { outcome_code: 'RESOLVED_WITH_PAYOUT' } },
      { status: 'won' },
    ],
    ['RESOLVED', { status: 'RESOLVED' }, { status: 'closed' }],
  ])('CUSTOMER.DISPUTE.%s %j: the state of the dispute', (type, more, expected) => {
    const resource = {
      dispute_id: 'PP-D-1',
      disputed_transactions: [{ buyer_transaction_id: 'B1', seller_transaction_id: 'CAP1' }],
      reason: 'MERCHANDISE_OR_SERVICE_NOT_RECEIVED',
      dispute_amount: usd('10.00'),
      seller_response_due_date: '2026-06-11T00:00:00Z',
      ...more,
    };
    expect(factsOf(`CUSTOMER.DISPUTE.${type}`, resource)).toEqual([
      expect.objectContaining({
        kind: 'dispute',
        disputeId: 'PP-D-1',
        paymentId: 'CAP1',
        amount: { minor: 1000n, currency: 'USD' },
        reason: 'merchandise_or_service_not_received',
        evidenceDueAt: Date.parse('2026-06-11T00:00:00Z'),
        ...expected,
      }),
    ]);
  });

  test('of a dispute about several payments, the part of each', () => {
    const resource = {
      dispute_id: 'PP-D-1',
      disputed_transactions: [
        { seller_transaction_id: 'CAP1', gross_amount: usd('3.00') },
        { seller_transaction_id: 'CAP2', gross_amount: usd('4.00') },
      ],
      dispute_amount: usd('7.00'),
      status: 'OPEN',
    };
    expect(factsOf('CUSTOMER.DISPUTE.CREATED', resource)).toMatchObject([
      { disputeId: 'PP-D-1/CAP1', amount: { minor: 300n } },
      { disputeId: 'PP-D-1/CAP2', amount: { minor: 400n } },
    ]);
  });

  test('nothing if its type is the name of a method', () => {
    expect(factsOf('constructor', {})).toEqual([]);
  });

  test.each([
    [undefined, 'id: is required'],
    [[], 'must be object'],
    [{ id: 'WH-1', event_type: 'X', create_time: 'soon' }, 'create_time'],
    [{ id: 'WH-1', event_type: 'X', create_time: TIME, resource: 'none' }, 'resource'],
    [{ id: '', event_type: 'X', create_time: TIME }, 'id: must not be empty'],
    [{ id: 'WH-1', event_type: 'PAYMENT.CAPTURE.COMPLETED', create_time: TIME }, 'resource.id: is required'],
  ])('nothing if the body is %j', (body, message) => {
    expect(() => translatePaypal(body)).toThrow(message);
  });
});
