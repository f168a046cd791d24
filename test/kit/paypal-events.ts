/** The body of a PayPal webhook, as its documentation prints it: https://developer.paypal.com/api/rest/webhooks/ */
export interface PaypalBody {
  id: string;
  event_version: string;
  create_time: string;
  resource_type: string;
  resource_version: string;
  event_type: string;
  summary: string;
  resource: Record<string, unknown>;
  links: object[];
}

export const usd = (value: string) => ({ currency_code: 'USD', value });

/** @param n numbers the event, so that its id is the same in each run */
export function paypalEvent(
  n: string | number,
  type: string,
  createTime: string,
  resource: Record<string, unknown>,
): PaypalBody {
  const id = `WH-${n}-7Y7254563A4550640`;
  return {
    id,
    event_version: '1.0',
    create_time: createTime,
    resource_type: typeOf(type),
    resource_version: '2.0',
    event_type: type,
    summary: `${type} of a test`,
    resource,
    links: [
      { href: `https://api.paypal.com/v1/notifications/webhooks-events/${id}`, rel: 'self', method: 'GET' },
    ],
  };
}

function typeOf(type: string): string {
  if (type.endsWith('.REFUNDED') || type.endsWith('.REVERSED')) return 'refund';
  return type.split('.').slice(0, 2).join('-').toLowerCase();
}

export function capture(
  id: string,
  amount: object,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    id,
    amount,
    final_capture: true,
    seller_protection: { status: 'ELIGIBLE', dispute_categories: ['ITEM_NOT_RECEIVED'] },
    status: 'COMPLETED',
    links: [
      { href: `https://api.paypal.com/v2/payments/captures/${id}`, rel: 'self', method: 'GET' },
      { href: `https://api.paypal.com/v2/payments/captures/${id}/refund`, rel: 'refund', method: 'POST' },
    ],
    ...more,
  };
}

export function captureRefund(
  id: string,
  captureId: string,
  amount: object,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    id,
    amount,
    seller_payable_breakdown: { gross_amount: amount, net_amount: amount },
    status: 'COMPLETED',
    links: [
      { href: `https://api.paypal.com/v2/payments/refunds/${id}`, rel: 'self', method: 'GET' },
      { href: `https://api.paypal.com/v2/payments/captures/${captureId}`, rel: 'up', method: 'GET' },
    ],
    ...more,
  };
}

export const PAYER = {
  email_address: 'jane@example.com',
  payer_id: 'QYR5Z8XDVJNXQ',
  name: { given_name: 'Jane', surname: 'Doe' },
  address: { country_code: 'US' },
};

export function order(id: string, captures: readonly string[], more: Record<string, unknown> = {}) {
  return {
    id,
    intent: 'CAPTURE',
    status: 'COMPLETED',
    payer: PAYER,
    purchase_units: [
      {
        reference_id: 'default',
        payee: { email_address: 'shop@example.com', merchant_id: 'X5XAHHCG636FA' },
        payments: { captures: captures.map((captureId) => ({ id: captureId })) },
        ...more,
      },
    ],
  };
}

export function subscription(id: string, status: string, more: Record<string, unknown> = {}) {
  return {
    id,
    plan_id: 'P-5ML4271244454362WXNWU5NQ',
    quantity: '2',
    status,
    status_update_time: '2026-06-01T09:59:00Z',
    start_time: '2026-06-01T10:00:00Z',
    subscriber: { ...PAYER, email_address: 'subscriber@example.com', payer_id: '2J6QB8YJQSJRJ' },
    billing_info: {
      outstanding_balance: usd('0.00'),
      next_billing_time: '2026-07-01T10:00:00Z',
      failed_payments_count: 0,
    },
    ...more,
  };
}

export function sale(id: string, total: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id,
    amount: { total, currency: 'USD', details: { subtotal: total } },
    payment_mode: 'INSTANT_TRANSFER',
    state: 'completed',
    links: [{ href: `https://api.paypal.com/v1/payments/sale/${id}`, rel: 'self', method: 'GET' }],
    ...more,
  };
}
