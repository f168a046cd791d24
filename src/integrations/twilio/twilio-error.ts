/** Twilio's error codes in words, for people who do not know them. https://www.twilio.com/docs/api/errors */
const WORDS: Readonly<Record<string, string>> = {
  '20003': 'Twilio refused the account SID and the auth token.',
  '20404': 'Twilio has no such account, or no such resource.',
  '20429': 'Twilio gets too many requests from this account.',
  '21211': 'The number of the recipient is not valid.',
  '21214': 'The number of the recipient cannot be reached.',
  '21408': 'Messages to this country are not enabled in the Twilio account.',
  '21606': 'The number that sends is not one of the Twilio account, or cannot send messages.',
  '21610': 'The recipient has opted out of messages from this number.',
  '21612': 'Twilio cannot send from this number to that one.',
  '21614': 'The number of the recipient is no mobile number.',
  '21617': 'The text is longer than 1,600 characters.',
  '30001': 'The queue of Twilio was full.',
  '30002': 'The Twilio account was suspended.',
  '30003': 'The phone cannot be reached: it may be off, or out of reach.',
  '30004': 'The recipient or the carrier blocks messages.',
  '30005': 'The carrier does not know the number.',
  '30006': 'The number is a landline, or its carrier cannot be reached.',
  '30007': 'The carrier filtered the message as spam.',
  '30008': 'The carrier did not say why it was not delivered.',
  '30034': 'The number is not registered for messages in the US (10DLC).',
  '63016': 'The 24 hours in which WhatsApp allows free text are over; use a template.',
};

/** The code with which Twilio says that a recipient has opted out. */
export const OPTED_OUT_CODE = '21610';

/** What went wrong, in words; Twilio's own text, where the code is not known. */
export function twilioErrorText(code: string | null, own: string | null = null): string | null {
  if (code === null) return own;
  return (Object.hasOwn(WORDS, code) ? WORDS[code]! : null) ?? own ?? `Twilio's error ${code}.`;
}
