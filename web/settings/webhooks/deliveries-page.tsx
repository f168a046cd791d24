import { getRouteApi } from '@tanstack/react-router';
import { paths } from '../../paths.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { TextLink } from '../../ui/router-links.tsx';
import { DeliveryLog } from './delivery-log.tsx';

const route = getRouteApi('/inside/settings/deliveries');

/** What was sent to all webhooks of the workspace, deleted ones too. */
export function DeliveriesPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <>
      <PageHeader
        title="Deliveries"
        intro={
          <>
            What was sent to every webhook, newest first. What was sent to none of them is among the{' '}
            <TextLink {...paths.events()}>events</TextLink>.
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
