/** A letter in plain text. */
export interface Letter {
  to: string;
  subject: string;
  text: string;
}

/** Sends letters, where the installation has a way to (SMTP_URL). */
export interface Mailer {
  /** Resolves when the mail server has taken it; throws where it did not. */
  send(letter: Letter): Promise<void>;
}

export function invitationLetter(to: string, workspace: string, inviter: string, url: string): Letter {
  return {
    to,
    subject: `${inviter} invites you to ${workspace} on Fairlead`,
    text: `${inviter} invites you to the workspace ${workspace}.

Join it here, within seven days:

${url}

If you do not know what this is about, leave it be: nothing happens.
`,
  };
}

export function passwordLetter(to: string, url: string): Letter {
  return {
    to,
    subject: 'Choose a new password for Fairlead',
    text: `Somebody, most likely you, asked for a new password for this address.

Choose one here, within two hours:

${url}

If it was not you, leave it be: your password stays as it is.
`,
  };
}

export function disabledLetter(
  to: string,
  workspace: string,
  webhook: { name: string; reason: string },
  url: string,
): Letter {
  return {
    to,
    subject: `The webhook ${webhook.name} was disabled`,
    text: `Fairlead has taken the webhook ${webhook.name} of the workspace ${workspace} out of service:

${webhook.reason}

Nothing is sent to it any more. What was waiting is held for up to 30 days; new events are not queued for it. Once its
receiver is well, put it back into service here, and send again what it missed:

${url}
`,
  };
}
