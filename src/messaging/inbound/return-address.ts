import type { ComposeStep } from '../emails/compose-step.ts';
import type { MailAddresses } from './mail-address.ts';

/**
 * Lets bounces and replies of a mail come back here, where its account wants it and the installation has a mail domain. A
 * return path of another domain is refused by some mail servers, so it is a choice of the account.
 */
export function returnAddressStep(addresses: MailAddresses): ComposeStep {
  return async (composed) => {
    const { workspaceId, email, account, parts } = composed;
    const { settings } = account;
    if (settings['collect_bounces'] === true)
      composed.envelopeFrom = (await addresses.bounce(workspaceId, email.id)) ?? composed.envelopeFrom;
    if (settings['collect_replies'] === true)
      parts.replyTo = (await addresses.reply(workspaceId, email.id)) ?? parts.replyTo;
  };
}
