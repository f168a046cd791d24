import { lazy, Suspense } from 'react';
import type { Lead } from '../../api/lead-queries.ts';
import type { FormValues } from '../../fields/field-kind.ts';
import { paths } from '../../paths.ts';
import { viewOf } from '../../record/object-view.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import { TextLink } from '../../ui/router-links.tsx';
import { ConvertedBadge, ConvertedIcon } from './lead-converted.tsx';
import { CrmLeadIdInput, LeadSourceInput, LeadStatusInput } from './lead-fields.tsx';
import classes from './lead-list.module.css';
import { LeadStatus } from './lead-status.tsx';

/** Loaded on demand: a list needs no page, and the page of a lead has no table. */
const LeadSubmissions = lazy(async () => ({
  default: (await import('./lead-submissions.tsx')).LeadSubmissions,
}));
const LeadDuplicates = lazy(async () => ({
  default: (await import('./lead-duplicates.tsx')).LeadDuplicates,
}));
const LeadConversion = lazy(async () => ({
  default: (await import('./lead-conversion.tsx')).LeadConversion,
}));
const LeadProgress = lazy(async () => ({ default: (await import('./lead-progress.tsx')).LeadProgress }));
const LeadPage = lazy(async () => ({ default: (await import('./lead-page.tsx')).LeadPage }));
const LeadList = lazy(async () => ({ default: (await import('./lead-list.tsx')).LeadList }));

const CURL = `curl -X POST ${window.location.origin}/api/v1/leads \\
  -H "Authorization: Bearer $KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"name":"Jane Doe","email":"jane@example.com","phone":"+15551234567"}'`;

export const leadView = viewOf<Lead>({
  isNameEnough: false,
  fields: {
    number: { label: 'No.', column: { width: '3.5rem', align: 'right', desktopOnly: true } },
    status: {
      Input: LeadStatusInput,
      Cell: ({ record: { status } }) => <LeadStatus status={status} />,
      Value: null,
      column: { width: '6.75rem' },
    },
    source: { Input: LeadSourceInput, column: { width: '10%', desktopOnly: true } },
    event_type: { column: { width: '9%' } },
    crm_lead_id: { Input: CrmLeadIdInput, isRare: true },
    email: { column: { width: '14%' } },
    owner_id: { column: { width: '7rem', desktopOnly: true } },
    first_contacted_at: { label: 'First contact' },
    // Shown by panels, by the result of the conversion, or in the address.
    submissions: { Value: null },
    lead_url: { Value: null },
    contact_id: { Value: null },
    company_id: { Value: null },
    deal_id: { Value: null },
    converted_at: { Value: null },
  },
  emptyText: (
    <>
      Leads come from your website, your ads or other apps. Send them with an{' '}
      <TextLink {...paths.apiKeys()}>API key</TextLink>, or create the first one here.
    </>
  ),
  emptyExample: <CodeBlock label="Send a lead with curl" code={CURL} />,
  Title: ({ record, children }) => (
    <span className={classes.named}>
      {children}
      <ConvertedIcon lead={record} />
    </span>
  ),
  Badge: ({ record }) => (
    <>
      <LeadStatus status={record.status} />
      <ConvertedBadge lead={record} />
    </>
  ),
  Actions: ({ record }) => (
    <Suspense>
      <LeadConversion lead={record} />
    </Suspense>
  ),
  Progress: ({ record }) => (
    <Suspense>
      <LeadProgress lead={record} />
    </Suspense>
  ),
  panels: {
    duplicates: ({ record }) => (
      <Suspense>
        <LeadDuplicates lead={record} />
      </Suspense>
    ),
    submissions: ({ record }) => (
      <Suspense>
        <LeadSubmissions leadId={record.id} />
      </Suspense>
    ),
  },
  check: missingIn,
  // A contact who asks again is a lead again; the contact of a lead is set when it is converted.
  matchedBy: ({ object, record }) => {
    const [by] = object.key === 'contact' ? ['email', 'phone'].filter((key) => record[key]) : [];
    return by === undefined ? null : { [by]: String(record[by]) };
  },
  initialFor: ({ record }) =>
    Object.fromEntries(
      ['first_name', 'last_name', 'email', 'phone', 'owner_id'].flatMap((key) =>
        typeof record[key] === 'string' ? [[key, record[key]]] : [],
      ),
    ),
  List: LeadList,
  Page: LeadPage,
});

/** A new lead needs a name and a way to reach the person. */
function missingIn(values: FormValues): Record<string, string> {
  const isFilled = (name: string) => String(values[name] ?? '').trim() !== '';
  return {
    ...(!isFilled('first_name') && !isFilled('last_name') && { first_name: 'Enter a name.' }),
    ...(!isFilled('email') && !isFilled('phone') && { email: 'Enter an email or a phone number.' }),
  };
}
