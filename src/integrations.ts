import { automatenexus } from './integrations/automatenexus/automatenexus.ts';
import { axcelerate } from './integrations/axcelerate/axcelerate.ts';
import { axocrm } from './integrations/axocrm/axocrm.ts';
import { calcom } from './integrations/calcom/calcom.ts';
import { calendly } from './integrations/calendly/calendly.ts';
import { caldav } from './integrations/caldav/caldav.ts';
import { crmWebhook } from './integrations/crm-webhook/crm-webhook.ts';
import { googleAds } from './integrations/google-ads/google-ads.ts';
import { ics } from './integrations/ics/ics.ts';
import { imap } from './integrations/imap/imap.ts';
import type { Integration } from './integrations/integration.ts';
import { paypal } from './integrations/paypal/paypal.ts';
import { remixcrm } from './integrations/remixcrm/remixcrm.ts';
import { mailgun } from './integrations/mailgun/mailgun.ts';
import { postmark } from './integrations/postmark/postmark.ts';
import { resend } from './integrations/resend/resend.ts';
import { sendgrid } from './integrations/sendgrid/sendgrid.ts';
import { ses } from './integrations/ses/ses.ts';
import { smtp } from './integrations/smtp/smtp.ts';
import { standardWebhooks } from './integrations/standard-webhooks/standard-webhooks.ts';
import { stripe } from './integrations/stripe/stripe.ts';
import { telnyx } from './integrations/telnyx/telnyx.ts';
import { twilio } from './integrations/twilio/twilio.ts';
import { typeform } from './integrations/typeform/typeform.ts';

/** The systems, in the order of every list and choice. The first webhook format is the default. */
export const INTEGRATIONS: readonly Integration[] = [
  standardWebhooks,
  axocrm,
  automatenexus,
  axcelerate,
  remixcrm,
  crmWebhook,
  typeform,
  googleAds,
  stripe,
  paypal,
  calcom,
  calendly,
  ics,
  caldav,
  smtp,
  ses,
  postmark,
  mailgun,
  sendgrid,
  resend,
  imap,
  twilio,
  telnyx,
];
