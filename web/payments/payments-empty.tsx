import { useHasScope } from '../api/session-queries.ts';
import { paths } from '../paths.ts';
import { TextLink } from '../ui/router-links.tsx';

/** What an empty list of payments or subscriptions says. */
export function PaymentsEmpty({ what }: { what: 'payments' | 'subscriptions' }) {
  const mayConnect = useHasScope('connections:manage');
  return (
    <p>
      {mayConnect ? (
        <>
          <TextLink {...paths.connections()}>Connect your payment provider</TextLink> to see its {what} here
        </>
      ) : (
        <>An owner or admin can connect your payment provider, so that its {what} appear here</>
      )}
      {what === 'payments' ? ', or record a bank transfer or cash by hand.' : ', or record one by hand.'}
    </p>
  );
}
