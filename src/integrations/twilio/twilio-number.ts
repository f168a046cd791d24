/** The numbers of a connection: the default one first, then those of the setting `numbers`, separated by commas. */
export function numbersIn(settings: Readonly<Record<string, unknown>>): string[] {
  const listed = [settings['from'], settings['numbers']].flatMap((value) =>
    typeof value === 'string' ? value.split(',') : [],
  );
  return [...new Set(listed.map((number) => number.trim()).filter((number) => number !== ''))];
}

/** A number as Twilio writes it, without the prefix of WhatsApp. */
export function plainNumber(address: string): string {
  return address.replace(/^whatsapp:/, '');
}
