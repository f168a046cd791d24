import { useInfiniteQuery } from '@tanstack/react-query';
import { webhooksQuery } from '../../api/webhook-queries.ts';

/** A webhook by its name; one that was deleted has only its id left. */
export function WebhookName({ id }: { id: string }) {
  const { data } = useInfiniteQuery(webhooksQuery);
  return data?.find((webhook) => webhook.id === id)?.name ?? (data ? 'A deleted webhook' : '');
}
