/** Display names of the webhook formats. */
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

/** True for a format that allows exactly one event type per webhook. */
export function hasOneEvent(format: string): boolean {
  return format === 'axcelerate';
}
