import type { Contact } from '../../api/contact-queries.ts';

/** What a contact is called: its name, else its email. */
export function contactName(contact: Pick<Contact, 'first_name' | 'last_name' | 'email'>): string {
  const name = [contact.first_name, contact.last_name].filter(Boolean).join(' ');
  return name || contact.email || 'Unnamed contact';
}
