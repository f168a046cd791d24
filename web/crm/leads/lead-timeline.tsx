import { Badge } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { crmActivitiesQuery, type CrmActivity } from '../../api/crm-activity-queries.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Actor } from '../actor.tsx';
import type { TimelineEntry } from '../timeline-list.ts';
import { Timeline } from '../timeline.tsx';
import classes from '../timeline.module.css';

/** The timeline of a lead, merged with the reports of another CRM. */
export function LeadTimeline({ leadId }: { leadId: string }) {
  const reports = useInfiniteQuery(crmActivitiesQuery(leadId));
  return (
    <Timeline recordId={leadId} otherEntries={{ ...reports, data: reports.data?.map(toTimelineEntry) }} />
  );
}

function toTimelineEntry(activity: CrmActivity): TimelineEntry {
  return { id: activity.id, at: activity.received_at, content: <Report activity={activity} /> };
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
        <summary>View payload</summary>
        <CodeBlock label="Payload" code={JSON.stringify(activity.payload, null, 2)} />
      </details>
    </>
  );
}
