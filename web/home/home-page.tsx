import { useQueries } from '@tanstack/react-query';
import { useObjects } from '../api/object-queries.ts';
import { recentQuery } from '../api/record-queries.ts';
import { useScopeCheck, useSession } from '../api/session-queries.ts';
import { PageHeader } from '../ui/page-header.tsx';
import { Attention } from './attention.tsx';
import { ClosingDeals } from './closing-deals.tsx';
import { FirstSteps } from './first-steps.tsx';
import classes from './home-page.module.css';
import { MyTasks } from './my-tasks.tsx';
import { NewLeads } from './new-leads.tsx';
import { RecentRecords } from './recent-records.tsx';

const MAX_RECENT = 5;

/** What needs the user's attention now, as far as the session may read it. */
export function HomePage() {
  const { workspace } = useSession();
  const hasScope = useScopeCheck();
  const objects = useObjects().filter(({ plural }) => hasScope(`${plural}:read`));
  const recent = useQueries({ queries: objects.map((object) => recentQuery(object, MAX_RECENT)) });
  const isLoaded = recent.every(({ isPending }) => !isPending);
  const changed = objects.flatMap((object, at) =>
    (recent[at]?.data ?? []).map((record) => ({ object, record })),
  );
  const isEmpty = isLoaded && changed.length === 0 && recent.every(({ error }) => error === null);

  return (
    <>
      <PageHeader intro={isEmpty ? undefined : `What is going on in ${workspace.name}.`} />
      <div className={classes.body}>
        <Attention />
        {isEmpty ? (
          <FirstSteps />
        ) : (
          <div className={classes.columns}>
            <div className={classes.column}>
              {hasScope('tasks:read') && <MyTasks />}
              {hasScope('deals:read') && <ClosingDeals />}
            </div>
            <div className={classes.column}>
              {hasScope('leads:read') && <NewLeads />}
              {objects.length > 0 && <RecentRecords changed={changed} isLoaded={isLoaded} />}
            </div>
          </div>
        )}
      </div>
    </>
  );
}
