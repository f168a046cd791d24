import { useInfiniteQuery } from '@tanstack/react-query';
import { webhooksQuery } from '../../api/webhook-queries.ts';

/** The name of a webhook; a deleted one has none. */
export function WebhookName({ id }: { id: string }) {
  const { data } = useInfiniteQuery(webhooksQuery);
  return data?.find((webhook) => webhook.id === id)?.name ?? (data ? 'Deleted webhook' : '');
}
