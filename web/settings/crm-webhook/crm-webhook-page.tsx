import { CodeBlock } from '../../ui/code-block.tsx';
import { DeveloperFold } from '../../ui/developer-fold.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { useHasScope } from '../../api/session-queries.ts';
import classes from './crm-webhook-page.module.css';
import { InboundSecrets } from './inbound-secrets.tsx';
import { InboundWebhooks } from './inbound-webhooks.tsx';
import { UnmatchedReports } from './unmatched-reports.tsx';

/** Setup of the webhook for reports of another CRM: its secrets, and the unmatched reports. */
export function CrmWebhookPage() {
  const mayReadSecrets = useHasScope('keys:read');
  return (
    <>
      <PageHeader intro="Receives updates about leads from another CRM. Updates appear on the lead’s timeline and change nothing else." />
      <div className={classes.intro}>
        <DeveloperFold>
          <CodeBlock label="Example request" code={CURL} />
        </DeveloperFold>
      </div>
      <InboundWebhooks />
      {mayReadSecrets && <InboundSecrets />}
      <UnmatchedReports />
    </>
  );
}

const CURL = `curl -X POST ${window.location.origin}/webhooks/crm/lead \\
  -H "Authorization: Bearer $SECRET" \\
  -H "Content-Type: application/json" \\
  -d '{"crm_lead_id":"crm-abc-456","event_type":"status_changed"}'`;
