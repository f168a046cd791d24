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
