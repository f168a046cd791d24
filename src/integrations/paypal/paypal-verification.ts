import { z } from 'zod';
import type { ConnectionValues, InboundRequest } from '../../connections/connection-kind.ts';
import type { HttpClient } from '../../net/http-client.ts';
import { CERTIFICATE_HOSTS, pastedKey, type PaypalCertificates } from './paypal-certificate.ts';
import { askPaypal } from './paypal-postback.ts';
import { isSigned, readTransmission } from './paypal-signature.ts';

export const NEEDS_WEBHOOK_ID =
  'The webhook ID is missing: copy it from the app at PayPal, where the webhook is listed, into this connection.';
const MISMATCH =
  'The signature does not match: the webhook ID is another one, or the body was changed on its way, such as by a proxy.';
const SIMULATED =
  "A mock event of PayPal's Webhooks Simulator arrived. Its signature is right; mock events create no records.";
const OTHER_MODE = {
  live: "The event is one of PayPal's sandbox, and this connection is for live payments.",
  sandbox: "The event is one of a live account, and this connection is for PayPal's sandbox.",
} as const;

/** The simulator signs with this instead of the id of a webhook. */
const SIMULATOR_ID = 'WEBHOOK_ID';

const known = z.object({
  mode: z.enum(['live', 'sandbox']).catch('live'),
  webhook_id: z.string().catch(''),
  certificate: z.string().catch(''),
  client_id: z.string().catch(''),
});

interface VerificationParts {
  certificates: PaypalCertificates;
  now: () => number;
}

/** Verifies that PayPal sent a request, without asking PayPal if its certificate can be had. */
export function makePaypalVerification({ certificates, now }: VerificationParts) {
  return async (
    { headers, rawBody, text }: InboundRequest,
    { settings, secrets }: ConnectionValues,
    { http }: { http: HttpClient },
  ): Promise<string | null> => {
    const transmission = readTransmission(headers, now());
    if (typeof transmission === 'string') return transmission;
    const { mode, webhook_id: webhookId, certificate, client_id: clientId } = known.parse(settings);
    const found =
      certificate === ''
        ? await certificates.find(transmission.certificateUrl, http)
        : pastedKey(certificate, now());
    const clientSecret = secrets['client_secret'] ?? '';
    if ('problem' in found) {
      const canAsk = found.isUnavailable && webhookId !== '' && clientId !== '' && clientSecret !== '';
      if (!canAsk) return found.problem;
      return askPaypal(http, { clientId, clientSecret, mode }, transmission, webhookId, text);
    }
    // Computed without a webhook ID too, so that the time does not depend on the connection.
    const matches = isSigned(transmission, webhookId, rawBody, found.key);
    const isSimulated = !matches && isSigned(transmission, SIMULATOR_ID, rawBody, found.key);
    if (isSimulated) return SIMULATED;
    if (webhookId === '') return NEEDS_WEBHOOK_ID;
    if (!matches) return MISMATCH;
    const other = mode === 'live' ? 'sandbox' : 'live';
    return hostOf(transmission.certificateUrl) === CERTIFICATE_HOSTS[other] ? OTHER_MODE[mode] : null;
  };
}

function hostOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).hostname : null;
}
