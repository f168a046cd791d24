import type { PaymentStory } from './payment-story.ts';
import { PAYPAL_STORIES } from './paypal-stories.ts';
import { STRIPE_STORIES } from './stripe-stories.ts';

export const PAYMENT_STORIES: readonly PaymentStory[] = [...STRIPE_STORIES, ...PAYPAL_STORIES];
