import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconMail } from '@tabler/icons-react';
import { useQueries } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { useObjects } from '../api/object-queries.ts';
import { recentQuery } from '../api/record-queries.ts';
import { useScopeCheck, useSession } from '../api/session-queries.ts';
import { PageHeader } from '../ui/page-header.tsx';
import { Attention } from './attention.tsx';
import { ClosingDeals } from './closing-deals.tsx';
import { FirstSteps } from './first-steps.tsx';
import classes from './home-page.module.css';
import { MyTasks } from './my-tasks.tsx';
import { NextAppointments } from './next-appointments.tsx';
import { NewLeads } from './new-leads.tsx';
import { PaymentsToSettle } from './payments-to-settle.tsx';
import { RecentRecords } from './recent-records.tsx';
import { Revenue } from './revenue.tsx';

/** Loaded when somebody writes an email. */
const NewEmail = lazy(async () => ({ default: (await import('./new-email.tsx')).NewEmail }));

const MAX_RECENT = 5;

/** What needs the user's attention now, as far as the session may read it. */
export function HomePage() {
  const { workspace } = useSession();
  const [isWriting, email] = useDisclosure();
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
      <PageHeader
        intro={isEmpty ? undefined : `What is going on in ${workspace.name}.`}
        actions={
          !isEmpty &&
          hasScope('emails:send') && (
            <Button variant="default" leftSection={<IconMail size={16} />} onClick={email.open}>
              Email
            </Button>
          )
        }
      />
      {isWriting && (
        <Suspense>
          <NewEmail onClose={email.close} />
        </Suspense>
      )}
      <div className={classes.body}>
        <Attention />
        {isEmpty ? (
          <FirstSteps />
        ) : (
          <div className={classes.columns}>
            <div className={classes.column}>
              {hasScope('appointments:read') && <NextAppointments />}
              {hasScope('tasks:read') && <MyTasks />}
              {hasScope('deals:read') && <ClosingDeals />}
              <PaymentsToSettle />
            </div>
            <div className={classes.column}>
              {hasScope('leads:read') && <NewLeads />}
              <Revenue />
              {objects.length > 0 && <RecentRecords changed={changed} isLoaded={isLoaded} />}
            </div>
          </div>
        )}
      </div>
    </>
  );
}
