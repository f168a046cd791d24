import { z } from 'zod';
import type { HttpClient } from '../../net/http-client.ts';
import type { Transmission } from './paypal-signature.ts';

export interface PaypalApp {
  clientId: string;
  clientSecret: string;
  mode: 'live' | 'sandbox';
}

const API = { live: 'https://api-m.paypal.com', sandbox: 'https://api-m.sandbox.paypal.com' } as const;

const NOT_ASKED = "PayPal's certificate could not be fetched, and PayPal could not be asked either.";
const BAD_APP = 'PayPal refused the client ID or the client secret.';
const NOT_SIGNED = 'PayPal says that the signature is wrong.';

const tokenShape = z.object({ access_token: z.string() });
const answerShape = z.object({ verification_status: z.string() });

/**
 * Asks PayPal whether it signed a request.
 * @param text the body exactly as sent: it is spliced in, since PayPal compares its bytes
 * @returns null if so, else why not
 */
export async function askPaypal(
  http: HttpClient,
  { clientId, clientSecret, mode }: PaypalApp,
  { id, time, signature, certificateUrl, algorithm }: Transmission,
  webhookId: string,
  text: string,
): Promise<string | null> {
  const fields = JSON.stringify({
    auth_algo: algorithm,
    cert_url: certificateUrl,
    transmission_id: id,
    transmission_sig: signature,
    transmission_time: time,
    webhook_id: webhookId,
  });
  const credentials = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
  try {
    const token = await http(`${API[mode]}/v1/oauth2/token`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${credentials}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: 'grant_type=client_credentials',
    });
    if (token.status === 401) return BAD_APP;
    const { access_token: accessToken } = tokenShape.parse(JSON.parse(token.body.toString()));
    const answer = await http(`${API[mode]}/v1/notifications/verify-webhook-signature`, {
      method: 'POST',
      headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
      body: `${fields.slice(0, -1)},"webhook_event":${text}}`,
    });
    const { verification_status: status } = answerShape.parse(JSON.parse(answer.body.toString()));
    return status === 'SUCCESS' ? null : NOT_SIGNED;
  } catch {
    return NOT_ASKED;
  }
}
