import { Anchor, Badge, Group } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Navigate } from '@tanstack/react-router';
import { leadByNumber, leads } from '../../api/lead-queries.ts';
import { paths } from '../../paths.ts';
import { Day } from '../../ui/moment.tsx';
import { Property } from '../../ui/property-list.tsx';
import { TextLink } from '../../ui/router-links.tsx';
import { PersonName } from '../person.tsx';
import { RecordPage } from '../record-page.tsx';
import { LeadConversion } from './lead-conversion.tsx';
import { ConvertedMark, WhatItBecame } from './lead-converted.tsx';
import { LeadDuplicates } from './lead-duplicates.tsx';
import { LeadForm } from './lead-form.tsx';
import { leadName } from './lead-name.ts';
import { LeadStatus } from './lead-status.tsx';
import { LeadStatusBar } from './lead-status-bar.tsx';
import { LeadTimeline } from './lead-timeline.tsx';
import { LeadSubmissions } from './lead-submissions.tsx';

const route = getRouteApi('/inside/leads/$id');

/** A lead by its id, as `lead_url` has it, or by its number, as people say it. */
export function LeadPage() {
  const { id } = route.useParams();
  return /^\d{1,9}$/.test(id) ? <LeadOfNumber number={id} /> : <LeadOfId id={id} />;
}

function LeadOfNumber({ number }: { number: string }) {
  const { data: lead, isPending } = useQuery(leadByNumber(number));
  if (isPending) return null;
  // Where there is none, the API says so of what was asked for.
  return lead ? <Navigate {...paths.lead(lead.id)} replace /> : <LeadOfId id={number} />;
}

function LeadOfId({ id }: { id: string }) {
  return (
    <RecordPage
      key={id}
      id={id}
      noun="lead"
      queries={leads}
      above={<TextLink {...paths.leads()}>Leads</TextLink>}
      titleOf={leadName}
      badge={(lead) => (
        <>
          <LeadStatus status={lead.status} />
          <ConvertedMark lead={lead} />
        </>
      )}
      actions={(lead) => <LeadConversion lead={lead} />}
      progress={(lead) => (
        <>
          <LeadStatusBar lead={lead} />
          <WhatItBecame lead={lead} />
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
      story={(lead) => (
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
