import { getRouteApi } from '@tanstack/react-router';
import { paths } from '../../paths.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { TextLink } from '../../ui/router-links.tsx';
import { DeliveryLog } from './delivery-log.tsx';

const route = getRouteApi('/inside/settings/deliveries');

/** The deliveries of all webhooks, including deleted ones. */
export function DeliveriesPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <>
      <PageHeader
        intro={
          <>
            Deliveries of all webhooks, newest first. For events that were not sent, see{' '}
            <TextLink {...paths.events()}>Events</TextLink>.
          </>
        }
      />
      <DeliveryLog
        webhookId={null}
        search={search}
        onSearch={(change) =>
          void navigate({ search: (before) => ({ ...before, ...change }), replace: true })
        }
      />
    </>
  );
}
