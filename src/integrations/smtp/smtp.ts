import { createTransport } from 'nodemailer';
import type { Mailer } from '../../account/mail.ts';

/** How long a mail server may take, in milliseconds. */
const TIMEOUT_MS = 15_000;

/** Mail by SMTP. The password in the URL stays in here. */
export function makeSmtp({ smtpUrl, from }: { smtpUrl: string; from: string }): Mailer {
  const transport = createTransport(
    {
      url: smtpUrl,
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
    },
    { from },
  );
  return {
    async send({ to, subject, text }) {
      await transport.sendMail({ to, subject, text });
    },
  };
}
