/** Lines of an iCalendar object (RFC 5545): escaped, folded at 75 octets, with CRLF. */

const MAX_OCTETS = 75;
/** Control characters have no place in a text; line breaks are escaped. */
// oxlint-disable-next-line no-control-regex -- these are what it removes
const CONTROLS = /[\u0000-\u0009\u000B-\u001F\u007F\u0085\u2028\u2029]/g;

/** The value of a property of type TEXT (section 3.3.11). */
export function calendarText(value: string): string {
  return oneLineBreak(value)
    .replaceAll(CONTROLS, ' ')
    .replaceAll(/[\\;,]/g, String.raw`\$&`)
    .replaceAll('\n', String.raw`\n`);
}

/** The value of a parameter, such as CN: quoted; quotes and line breaks cannot be written in it (section 3.2, RFC 6868). */
export function calendarParameter(value: string): string {
  const plain = oneLineBreak(value)
    .replaceAll(CONTROLS, ' ')
    .replaceAll('^', '^^')
    .replaceAll('\n', ' ')
    .replaceAll('"', "^'");
  return `"${plain.trim()}"`;
}

/** `20260601T120000Z` of a time in milliseconds or ISO 8601. */
export function calendarTime(time: number | string): string {
  return `${new Date(time).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

/** A `mailto:` URI; the address is one that mail can have, and is escaped where a URI needs it. */
export function calendarAddress(address: string): string {
  return `mailto:${encodeURI(address).replaceAll(/[;,:"?#]/g, encodeURIComponent)}`;
}

/** The object of these lines; a line is a name with its parameters, and a value that is escaped already. */
export function calendarOf(lines: readonly string[]): string {
  return lines.map((line) => `${folded(line)}\r\n`).join('');
}

/** Continuation lines begin with a blank. A character is never cut, also where it has several octets. */
function folded(line: string): string {
  let text = '';
  let octets = 0;
  for (const character of line.toWellFormed()) {
    const size = Buffer.byteLength(character);
    if (octets + size > MAX_OCTETS) {
      text += '\r\n ';
      octets = 1;
    }
    text += character;
    octets += size;
  }
  return text;
}

function oneLineBreak(value: string): string {
  return value.toWellFormed().replaceAll(/\r\n?/g, '\n');
}
