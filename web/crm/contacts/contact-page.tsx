import { Anchor } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { contacts } from '../../api/contact-queries.ts';
import { paths } from '../../paths.ts';
import { TextLink } from '../../ui/router-links.tsx';
import { Property } from '../../ui/property-list.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { PersonName } from '../person.tsx';
import { CompanyLink } from '../record-link.tsx';
import { RecordPage } from '../record-page.tsx';
import { ContactForm } from './contact-form.tsx';
import { contactName } from './contact-name.ts';

const route = getRouteApi('/inside/contacts/$id');

export function ContactPage() {
  const { id } = route.useParams();
  return (
    <RecordPage
      key={id}
      id={id}
      noun="contact"
      queries={contacts}
      breadcrumb={<TextLink {...paths.contacts()}>Contacts</TextLink>}
      titleOf={contactName}
      badge={({ status }) => <StateBadge tone="accent">{status}</StateBadge>}
      properties={(contact) => (
        <>
          <Property name="Email">
            {contact.email && <Anchor href={`mailto:${contact.email}`}>{contact.email}</Anchor>}
          </Property>
          <Property name="Phone">
            {contact.phone && <Anchor href={`tel:${contact.phone}`}>{contact.phone}</Anchor>}
          </Property>
          <Property name="Company">
            {contact.company_id ? <CompanyLink id={contact.company_id} /> : contact.company}
          </Property>
          <Property name="Job title">{contact.job_title}</Property>
          <Property name="Status">{contact.status}</Property>
          <Property name="Source">{contact.source}</Property>
          <Property name="Owner">{contact.owner_id && <PersonName id={contact.owner_id} />}</Property>
        </>
      )}
      notes={({ notes }) => notes}
      form={(contact, close) => <ContactForm contact={contact} onClose={close} onSaved={close} />}
      back={paths.contacts()}
    />
  );
}
