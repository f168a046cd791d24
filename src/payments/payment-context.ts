import { z } from 'zod';

const CONTACT = `(select json_build_object('id', c.id, 'email', c.email,
      'name', nullif(concat_ws(' ', c.first_name, c.last_name), ''))
      from contact c where c.workspace_id = f.workspace_id and c.id = (f.record->>'contact_id')::uuid)`;

/** The context of events of payments: who paid. `f` is the event (events/outbox.ts). */
export const PAYMENT_CONTEXT = `json_build_object('provider_payment_id', f.record->>'external_id', 'contact', ${CONTACT})`;

/** The same with the refund. */
export const REFUND_CONTEXT = `json_build_object(
    'provider_payment_id', f.record->>'external_id', 'contact', ${CONTACT}, 'refund', f.changed->'refund')`;

/** The context of events of subscriptions. */
export const SUBSCRIPTION_CONTEXT = `json_build_object(
    'provider_subscription_id', f.record->>'external_id', 'contact', ${CONTACT})`;

const contactSample = {
  id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21',
  email: 'jane@example.com',
  name: 'Jane Doe',
};

export const payerContextSample = { provider_payment_id: 'TRANSFER-2026-0042', contact: contactSample };

export const refundContextSample = {
  ...payerContextSample,
  refund: { id: null, amount: 10, total: 10, full: false, reversal: false },
};

export const subscriberContextSample = { provider_subscription_id: 'sub_1', contact: contactSample };

const contact = z
  .object({
    id: z.uuid().meta({ description: 'Contact id' }),
    email: z.string().nullable().meta({ description: 'Email' }),
    name: z.string().nullable().meta({ description: 'Name' }),
  })
  .nullable()
  .meta({ description: 'The contact; null if there is none' });

const refund = z
  .object({
    id: z.string().nullable().meta({ description: 'Id of the refund at the provider, if it is known' }),
    amount: z.number().meta({ description: 'In units of the currency of the payment' }),
    total: z.number().meta({ description: 'Everything refunded so far' }),
    full: z.boolean().meta({ description: 'Whether nothing is left' }),
    reversal: z.boolean().meta({ description: 'Whether the payer took the money back' }),
  })
  .meta({ description: 'The refund' });

export const paymentContextOutput = z.object({
  provider_payment_id: z.string().nullable().meta({ description: 'The id of the payment at the provider' }),
  contact,
});

export const refundContextOutput = paymentContextOutput.extend({ refund });

export const subscriptionContextOutput = z.object({
  provider_subscription_id: z
    .string()
    .nullable()
    .meta({ description: 'The id of the subscription at the provider' }),
  contact,
});
