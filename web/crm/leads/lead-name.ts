import type { Lead } from '../../api/lead-queries.ts';

/** What a lead is called: their name, else their email, else its number. */
export function leadName(lead: Pick<Lead, 'first_name' | 'last_name' | 'email' | 'number'>): string {
  const name = [lead.first_name, lead.last_name].filter(Boolean).join(' ');
  return name || lead.email || `Lead ${lead.number}`;
}
