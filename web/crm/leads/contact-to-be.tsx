import type { Contact } from '../../api/contact-queries.ts';
import type { Lead } from '../../api/lead-queries.ts';
import { paths } from '../../paths.ts';
import { fieldLabel } from '../../ui/field-label.ts';
import { TextLink } from '../../ui/router-links.tsx';
import { contactName } from '../contacts/contact-name.ts';
import classes from './lead-conversion.module.css';
import { leadName } from './lead-name.ts';

/** Which contact a lead becomes: the one that has its email already, else a new one. */
export function ContactToBe({ lead, known }: { lead: Lead; known: Contact | null | undefined }) {
  return (
    <section className={classes.contact} aria-label="Contact">
      {known && (
        <>
          <TextLink {...paths.contact(known.id)} target="_blank" fw={500}>
            {contactName(known)}
          </TextLink>
          <p>This contact has the email {known.email} already, and is used.</p>
        </>
      )}
      {known === null && (
        <>
          <b>{leadName(lead)}</b>
          <p>{[lead.email, lead.phone].filter(Boolean).join(' · ')}</p>
          <p>No contact has this email yet: a new one is made.</p>
        </>
      )}
      {known === undefined && (
        <>
          <b>{leadName(lead)}</b>
          <p>A contact with this email is used, where there is one; otherwise a new one is made.</p>
        </>
      )}
    </section>
  );
}

const CARRIED = ['first_name', 'last_name', 'phone', 'source', 'notes', 'owner_id'] as const;

/** What the lead has and the contact lacks, as people call it. */
export function lacking(contact: Contact, lead: Lead, company: string): string[] {
  const lacks: string[] = CARRIED.filter((name) => contact[name] === null && lead[name] !== null);
  if (company.trim() !== '' && contact.company_id === null) lacks.push('company');
  return lacks.map(fieldLabel);
}
