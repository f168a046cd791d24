import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import type { components, paths } from './schema.d.ts';

export type InboundMail = components['schemas']['InboundEmail'];
export type MailSource = components['schemas']['InboundEmailSource'];
export type InboundMailChange = NonNullable<
  paths['/api/v1/inbound-email']['patch']['requestBody']
>['content']['application/json'];

/** How often arrivals are looked for, in milliseconds; faster while the first one is awaited. */
const POLL_MS = 10_000;
const WAITING_MS = 2_000;

const KEY = ['inbound-mail'];

/** The address of the workspace, and what became of the last mail to it. */
export const inboundMailQuery = queryOptions({
  queryKey: [...KEY, 'settings'],
  queryFn: ({ signal }) => dataOf(api.GET('/api/v1/inbound-email', { signal })),
  refetchInterval: ({ state }) => (state.data?.last_email === null ? WAITING_MS : POLL_MS),
});

/** The connections that receive mails. */
export const mailSourcesQuery = queryOptions({
  queryKey: [...KEY, 'sources'],
  queryFn: async ({ signal }) => (await dataOf(api.GET('/api/v1/inbound-email/sources', { signal }))).data,
  refetchInterval: POLL_MS,
});

function useInvalidation() {
  const queries = useQueryClient();
  return { onSuccess: () => queries.invalidateQueries({ queryKey: KEY }) };
}

export const useChangeInboundMail = () =>
  useMutation({
    mutationFn: (body: InboundMailChange) => dataOf(api.PATCH('/api/v1/inbound-email', { body })),
    ...useInvalidation(),
  });

export const useReplaceAddress = () =>
  useMutation({
    mutationFn: () => dataOf(api.POST('/api/v1/inbound-email/replace-address')),
    ...useInvalidation(),
  });

export const useCheckMailDomain = () =>
  useMutation({ mutationFn: () => dataOf(api.POST('/api/v1/inbound-email/check')) });

/** Changes who reads the mails of a source. */
export const useSetReaders = (connectionId: string) =>
  useMutation({
    mutationFn: (settings: { visibility: MailSource['visibility']; owner: string | null }) =>
      dataOf(
        api.PATCH('/api/v1/connections/{id}', {
          params: { path: { id: connectionId } },
          body: { settings },
        }),
      ),
    ...useInvalidation(),
  });
