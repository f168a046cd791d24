/** The formats of webhooks by the names of whom they come from. */
const NAMES: Readonly<Record<string, string>> = {
  standard: 'Standard Webhooks',
  axocrm: 'axoCRM',
  automatenexus: 'AutomateNexus',
  axcelerate: 'aXcelerate',
};

export const FORMATS = Object.entries(NAMES).map(([value, label]) => ({ value, label }));

export function formatName(format: string): string {
  return NAMES[format] ?? format;
}

/** A webhook of this format has exactly one event type; several types take several webhooks. */
export function hasOneEvent(format: string): boolean {
  return format === 'axcelerate';
}
