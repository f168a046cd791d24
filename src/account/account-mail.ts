import { headerText, type MailMessage } from '../mail/mail-message.ts';

export function invitationMessage(
  to: string,
  invitation: { workspace: string; inviter: string; url: string },
): MailMessage {
  // On one line in the text too: a name with line breaks could pass for sentences of ours.
  const [inviter, workspace] = [headerText(invitation.inviter), headerText(invitation.workspace)];
  return {
    to: { address: to },
    subject: `${inviter} invites you to ${workspace} on Fairlead`,
    text: `${inviter} invites you to the workspace ${workspace}.

Accept within seven days:

${invitation.url}

If you did not expect this invitation, ignore this mail.
`,
  };
}

export function passwordResetMessage(to: string, url: string): MailMessage {
  return {
    to: { address: to },
    subject: 'Choose a new password for Fairlead',
    text: `Someone asked for a new password for this address.

Choose one within two hours:

${url}

If it was not you, ignore this mail. Your password does not change.
`,
    isAutomatic: true,
  };
}

export function webhookDisabledMessage(
  to: string,
  webhook: { workspace: string; name: string; reason: string; url: string },
): MailMessage {
  const [name, workspace] = [headerText(webhook.name), headerText(webhook.workspace)];
  return {
    to: { address: to },
    subject: `The webhook ${name} was disabled`,
    text: `Fairlead disabled the webhook ${name} of the workspace ${workspace}:

${webhook.reason}

Nothing is sent to it any more. Deliveries that are queued are held for up to 30 days; new events are not queued for it.
When its receiver works again, enable the webhook here, and resend the events it missed:

${webhook.url}
`,
    isAutomatic: true,
  };
}
