import { Anchor, Badge, Group } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Navigate } from '@tanstack/react-router';
import { leadByNumberQuery, leads } from '../../api/lead-queries.ts';
import { paths } from '../../paths.ts';
import { Day } from '../../ui/moment.tsx';
import { Property } from '../../ui/property-list.tsx';
import { TextLink } from '../../ui/router-links.tsx';
import { PersonName } from '../person.tsx';
import { RecordPage } from '../record-page.tsx';
import { LeadConversion } from './lead-conversion.tsx';
import { ConvertedBadge, ConversionResult } from './lead-converted.tsx';
import { LeadDuplicates } from './lead-duplicates.tsx';
import { LeadForm } from './lead-form.tsx';
import { leadName } from './lead-name.ts';
import { LeadStatus } from './lead-status.tsx';
import { LeadStatusBar } from './lead-status-bar.tsx';
import { LeadTimeline } from './lead-timeline.tsx';
import { LeadSubmissions } from './lead-submissions.tsx';

const route = getRouteApi('/inside/leads/$id');

/** Opens a lead by its id, as in `lead_url`, or by its number. */
export function LeadPage() {
  const { id } = route.useParams();
  return /^\d{1,9}$/.test(id) ? <LeadByNumber number={id} /> : <LeadById id={id} />;
}

function LeadByNumber({ number }: { number: string }) {
  const { data: lead, isPending } = useQuery(leadByNumberQuery(number));
  if (isPending) return null;
  // Without a match, the page shows the API's 404 for this number.
  return lead ? <Navigate {...paths.lead(lead.id)} replace /> : <LeadById id={number} />;
}

function LeadById({ id }: { id: string }) {
  return (
    <RecordPage
      key={id}
      id={id}
      noun="lead"
      queries={leads}
      breadcrumb={<TextLink {...paths.leads()}>Leads</TextLink>}
      titleOf={leadName}
      badge={(lead) => (
        <>
          <LeadStatus status={lead.status} />
          <ConvertedBadge lead={lead} />
        </>
      )}
      actions={(lead) => <LeadConversion lead={lead} />}
      progress={(lead) => (
        <>
          <LeadStatusBar lead={lead} />
          <ConversionResult lead={lead} />
        </>
      )}
      properties={(lead) => (
        <>
          <Property name="Number">{lead.number}</Property>
          <Property name="Email">
            {lead.email && <Anchor href={`mailto:${lead.email}`}>{lead.email}</Anchor>}
          </Property>
          <Property name="Phone">
            {lead.phone && <Anchor href={`tel:${lead.phone}`}>{lead.phone}</Anchor>}
          </Property>
          <Property name="Event type">{lead.event_type}</Property>
          <Property name="Event date">{lead.event_date && <Day date={lead.event_date} />}</Property>
          <Property name="Source">{lead.source}</Property>
          <Property name="Owner">{lead.owner_id && <PersonName id={lead.owner_id} />}</Property>
          {lead.tags.length > 0 && (
            <Property name="Tags">
              <Group gap={4}>
                {lead.tags.map((tag) => (
                  <Badge key={tag} size="sm">
                    {tag}
                  </Badge>
                ))}
              </Group>
            </Property>
          )}
          {lead.crm_lead_id && <Property name="CRM lead ID">{lead.crm_lead_id}</Property>}
        </>
      )}
      timeline={(lead) => <LeadTimeline leadId={lead.id} />}
      panels={(lead) => (
        <>
          <LeadDuplicates lead={lead} />
          <LeadSubmissions leadId={lead.id} />
        </>
      )}
      notes={({ notes }) => notes}
      form={(lead, close) => <LeadForm lead={lead} onClose={close} onSaved={close} />}
      back={paths.leads()}
    />
  );
}
