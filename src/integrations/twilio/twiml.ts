/** An instruction to Twilio: an element with attributes, and text or elements in it. */
export interface TwimlVerb {
  name: string;
  attributes?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Text is escaped. */
  content?: string | readonly TwimlVerb[];
}

/** The content type of TwiML. */
export const TWIML = 'text/xml';

/** A document for Twilio, as XML. Characters that XML cannot hold are left out. */
export function twiml(verbs: readonly TwimlVerb[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>${element({ name: 'Response', content: verbs })}`;
}

function element({ name, attributes = {}, content }: TwimlVerb): string {
  const shown = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escaped(String(value))}"`)
    .join('');
  const inner = typeof content === 'string' ? escaped(content) : (content ?? []).map(element).join('');
  return inner === '' ? `<${name}${shown}/>` : `<${name}${shown}>${inner}</${name}>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Control characters and halves of surrogate pairs, which XML 1.0 has no way to write. */
const UNWRITABLE = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

function escaped(text: string): string {
  return text.replaceAll(UNWRITABLE, '').replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);
}
