import type { PaymentCase } from './payment-case.ts';
import { PAYPAL_CASES } from './paypal-cases.ts';
import { STRIPE_CASES } from './stripe-cases.ts';

export const PAYMENT_CASES: readonly PaymentCase[] = [...STRIPE_CASES, ...PAYPAL_CASES];
