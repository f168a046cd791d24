import { Badge } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { crmActivitiesOf, type CrmActivity } from '../../api/crm-activity-queries.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Actor } from '../actor.tsx';
import type { Happening } from '../timeline-list.ts';
import { Timeline } from '../timeline.tsx';
import classes from '../timeline.module.css';

/** What happened to a lead here, and what another CRM reported of it. */
export function LeadTimeline({ leadId }: { leadId: string }) {
  const reports = useInfiniteQuery(crmActivitiesOf(leadId));
  return <Timeline recordId={leadId} beside={{ ...reports, data: reports.data?.map(asHappening) }} />;
}

function asHappening(activity: CrmActivity): Happening {
  return { id: activity.id, at: activity.received_at, shown: <Report activity={activity} /> };
}

function Report({ activity }: { activity: CrmActivity }) {
  return (
    <>
      <div>
        <Badge size="sm" mr={6}>
          CRM
        </Badge>
        <span className={classes.what}>{activity.event_type}</span>{' '}
        <span className={classes.aside}>
          {'· '}
          {activity.matched_by && (
            <>
              matched by <Actor actor={activity.matched_by} /> ·{' '}
            </>
          )}
          <Moment at={activity.received_at} />
        </span>
      </div>
      <details className={classes.details}>
        <summary>What it sent</summary>
        <CodeBlock label="Payload" code={JSON.stringify(activity.payload, null, 2)} />
      </details>
    </>
  );
}
