import { Text } from '@mantine/core';
import { CodeBlock } from '../../ui/code-block.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { useHasScope } from '../../api/session-queries.ts';
import classes from './crm-webhook-page.module.css';
import { InboundSecrets } from './inbound-secrets.tsx';
import { UnmatchedReports } from './unmatched-reports.tsx';

/** Where another CRM reports what becomes of our leads: with which secrets, and what of it matched no lead. */
export function CrmWebhookPage() {
  const mayReadSecrets = useHasScope('keys:read');
  return (
    <>
      <PageHeader
        title="CRM webhook"
        intro="Another CRM, or a program in its place, reports here what becomes of a lead. It stands in the lead’s timeline, and changes nothing else."
      />
      <div className={classes.intro}>
        <CodeBlock label="What it sends" code={CURL} />
        <Text size="sm" c="dimmed" mt="sm">
          With the same secrets leads come in from Typeform, at <code>/webhooks/typeform/…</code> with the
          first characters of a secret behind it, and from the lead forms of Google Ads, at{' '}
          <code>/webhooks/google-ads</code>.
        </Text>
      </div>
      {mayReadSecrets && <InboundSecrets />}
      <UnmatchedReports />
    </>
  );
}

const CURL = `curl -X POST ${window.location.origin}/webhooks/crm/lead \\
  -H "Authorization: Bearer $SECRET" \\
  -H "Content-Type: application/json" \\
  -d '{"crm_lead_id":"crm-abc-456","event_type":"status_changed"}'`;
