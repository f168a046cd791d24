import { expect, test } from 'vitest';
import { invitationMessage, webhookDisabledMessage } from '../../src/account/account-mail.ts';

const NAME = 'Bob\r\n\r\nYour account is blocked. Unlock it:\u2028https://evil.example\u0000\u0085';
const ONE_LINE = 'Bob Your account is blocked. Unlock it: https://evil.example';

test('a name with line breaks is one line of a mail, and no sentence of its own', () => {
  const url = 'https://crm.acme.example/invitation#token=abc';
  const invitation = invitationMessage('jane@example.com', { workspace: NAME, inviter: NAME, url });
  expect(invitation.text.split('\n')[0]).toBe(`${ONE_LINE} invites you to the workspace ${ONE_LINE}.`);
  expect(invitation.subject).toBe(`${ONE_LINE} invites you to ${ONE_LINE} on Fairlead`);
  const disabled = webhookDisabledMessage('jane@example.com', {
    workspace: NAME,
    name: NAME,
    reason: 'Its receiver answered 410.',
    url,
  });
  expect(disabled.text.split('\n')[0]).toBe(
    `Fairlead disabled the webhook ${ONE_LINE} of the workspace ${ONE_LINE}:`,
  );
  expect(disabled.subject).toBe(`The webhook ${ONE_LINE} was disabled`);
});
