import { Anchor } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { companies } from '../../api/company-queries.ts';
import { paths } from '../../paths.ts';
import { TextLink } from '../../ui/router-links.tsx';
import { Property } from '../../ui/property-list.tsx';
import { PersonName } from '../person.tsx';
import { RecordPage } from '../record-page.tsx';
import { CompanyForm } from './company-form.tsx';

const route = getRouteApi('/inside/companies/$id');

export function CompanyPage() {
  const { id } = route.useParams();
  return (
    <RecordPage
      key={id}
      id={id}
      noun="company"
      queries={companies}
      breadcrumb={<TextLink {...paths.companies()}>Companies</TextLink>}
      titleOf={({ name }) => name}
      properties={(company) => (
        <>
          <Property name="Website">{company.website && <Website address={company.website} />}</Property>
          <Property name="Industry">{company.industry}</Property>
          <Property name="Email">
            {company.email && <Anchor href={`mailto:${company.email}`}>{company.email}</Anchor>}
          </Property>
          <Property name="Phone">
            {company.phone && <Anchor href={`tel:${company.phone}`}>{company.phone}</Anchor>}
          </Property>
          <Property name="Address">{company.address}</Property>
          <Property name="Owner">{company.owner_id && <PersonName id={company.owner_id} />}</Property>
        </>
      )}
      notes={({ notes }) => notes}
      form={(company, close) => <CompanyForm company={company} onClose={close} onSaved={close} />}
      back={paths.companies()}
    />
  );
}

/** The API stores any text as a website. Only an http or https URL becomes a link. */
function Website({ address }: { address: string }) {
  const isLink = /^https?:\/\//i.test(address);
  return isLink ? (
    <Anchor href={address} target="_blank" rel="noopener noreferrer">
      {address.replace(/^https?:\/\//i, '')}
    </Anchor>
  ) : (
    address
  );
}
