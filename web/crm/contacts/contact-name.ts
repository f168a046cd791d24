import type { Contact } from '../../api/contact-queries.ts';

/** The display name of a contact: the full name, or else the email. */
export function contactName(contact: Pick<Contact, 'first_name' | 'last_name' | 'email'>): string {
  const name = [contact.first_name, contact.last_name].filter(Boolean).join(' ');
  return name || contact.email || 'Unnamed contact';
}
