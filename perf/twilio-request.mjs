import { createHmac } from 'node:crypto';

/** The n-th message of one of a thousand numbers, as Twilio posts it, signed. */
export function twilioRequest(
  /** @type {string} */ url,
  /** @type {string} */ token,
  /** @type {number | string} */ n,
) {
  const fields = {
    AccountSid: 'ACbench',
    ApiVersion: '2010-04-01',
    Body: 'See you tomorrow at nine. Please bring the papers.',
    From: `+1555${String(Number(n) % 1000).padStart(7, '0')}`,
    FromCity: 'SPRINGFIELD',
    FromCountry: 'US',
    FromState: 'IL',
    FromZip: '62701',
    MessageSid: `SM${n}`,
    NumMedia: '0',
    NumSegments: '1',
    SmsMessageSid: `SM${n}`,
    SmsSid: `SM${n}`,
    SmsStatus: 'received',
    To: '+15550100001',
    ToCity: '',
    ToCountry: 'US',
    ToState: '',
    ToZip: '',
  };
  const signed = url + Object.entries(fields).flat().join('');
  const signature = createHmac('sha1', token).update(signed).digest('base64');
  const body = new URLSearchParams(fields).toString();
  return (
    `POST ${new URL(url).pathname} HTTP/1.1\r\nhost: 127.0.0.1\r\nx-twilio-signature: ${signature}\r\n` +
    `content-type: application/x-www-form-urlencoded\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  );
}
