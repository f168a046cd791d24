import { z } from 'zod';

const CONTACT = `(select json_build_object('id', c.id, 'email', c.email,
      'name', nullif(concat_ws(' ', c.first_name, c.last_name), ''))
      from contact c where c.workspace_id = f.workspace_id and c.id = (f.record->>'contact_id')::uuid)`;

/** The context of events of payments: who paid, and the refund. `f` is the event (events/outbox.ts). */
export const PAYMENT_CONTEXT = `json_strip_nulls(json_build_object(
    'provider_payment_id', f.record->>'external_id',
    'contact', ${CONTACT},
    'refund', f.changed->'refund'))`;

/** The context of events of subscriptions. */
export const SUBSCRIPTION_CONTEXT = `json_strip_nulls(json_build_object(
    'provider_subscription_id', f.record->>'external_id',
    'contact', ${CONTACT}))`;

const contactSample = {
  id: '01976d3c-2f80-7c4e-9d0a-5b1f0e3a7c21',
  email: 'jane@example.com',
  name: 'Jane Doe',
};

export const payerContextSample = { provider_payment_id: 'TRANSFER-2026-0042', contact: contactSample };

export const refundContextSample = {
  ...payerContextSample,
  refund: { amount: 10, total: 10, full: false, reversal: false },
};

export const subscriberContextSample = { provider_subscription_id: 'sub_1', contact: contactSample };

const contact = z
  .object({
    id: z.uuid().meta({ description: 'Contact id' }),
    email: z.string().optional().meta({ description: 'Email' }),
    name: z.string().optional().meta({ description: 'Name' }),
  })
  .optional()
  .meta({ description: 'The contact; left out if there is none' });

const refund = z
  .object({
    id: z.string().optional().meta({ description: 'Id of the refund at the provider' }),
    amount: z.number().meta({ description: 'In units of the currency of the payment' }),
    total: z.number().meta({ description: 'Everything refunded so far' }),
    full: z.boolean().meta({ description: 'Whether nothing is left' }),
    reversal: z.boolean().meta({ description: 'Whether the payer took the money back' }),
  })
  .optional()
  .meta({ description: 'The refund; of `payment.refunded`' });

export const paymentContextOutput = z.object({
  provider_payment_id: z.string().optional().meta({ description: 'The id of the payment at the provider' }),
  contact,
  refund,
});

export const subscriptionContextOutput = z.object({
  provider_subscription_id: z
    .string()
    .optional()
    .meta({ description: 'The id of the subscription at the provider' }),
  contact,
});
