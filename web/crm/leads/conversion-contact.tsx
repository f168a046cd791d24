import type { Contact } from '../../api/contact-queries.ts';
import type { Lead } from '../../api/lead-queries.ts';
import { isDuplicateTag } from '../../fields/tags.tsx';
import { paths } from '../../paths.ts';
import { fieldLabel } from '../../ui/field-label.ts';
import { TextLink } from '../../ui/router-links.tsx';
import { RecordName } from '../../record/record-link.tsx';
import classes from './lead-conversion.module.css';
import { leadName } from './lead-name.ts';

/** The contact that a conversion uses: an existing one with the same email, or a new one. */
export function ConversionContact({ lead, known }: { lead: Lead; known: Contact | null | undefined }) {
  return (
    <section className={classes.contact} aria-label="Contact">
      {known && (
        <>
          <TextLink {...paths.record('contacts', known.id)} target="_blank" fw={500}>
            <RecordName objectKey="contact" id={known.id} />
          </TextLink>
          <p>This contact already has the email {known.email} and will be used.</p>
        </>
      )}
      {known === null && (
        <>
          <b>{leadName(lead)}</b>
          <p>{[lead.email, lead.phone].filter(Boolean).join(' · ')}</p>
          <p>No contact has this email. A new one will be created.</p>
        </>
      )}
      {known === undefined && (
        <>
          <b>{leadName(lead)}</b>
          <p>An existing contact with this email is used, or a new one is created.</p>
        </>
      )}
    </section>
  );
}

const COPIED_FIELDS = ['first_name', 'last_name', 'phone', 'source', 'notes', 'owner_id'] as const;

/** The labels of the fields and tags that the lead has and the contact does not. */
export function missingFields(contact: Contact, lead: Lead, company: string): string[] {
  const missing: string[] = COPIED_FIELDS.filter((name) => contact[name] === null && lead[name] !== null);
  if (lead.tags.some((tag) => !isDuplicateTag(tag, contact.tags))) missing.push('tags');
  if (company.trim() !== '' && contact.company_id === null) missing.push('company');
  return missing.map(fieldLabel);
}
