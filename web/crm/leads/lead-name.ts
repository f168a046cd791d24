import type { Lead } from '../../api/lead-queries.ts';

/** The display name of a lead: the full name, or else the email, the phone or the number. */
export function leadName(
  lead: Pick<Lead, 'first_name' | 'last_name' | 'email' | 'phone' | 'number'>,
): string {
  const name = [lead.first_name, lead.last_name].filter(Boolean).join(' ');
  return name || lead.email || lead.phone || `Lead ${lead.number}`;
}
