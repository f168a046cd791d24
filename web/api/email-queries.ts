import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from './client.ts';
import { listQuery } from './list-query.ts';
import { cacheRecord, recordQueries } from './record-queries.ts';
import type { components, paths } from './schema.d.ts';

export type Email = components['schemas']['Email'];
export type EmailContentAnswer = components['schemas']['EmailContent'];
export type EmailThread = components['schemas']['EmailThread'];
export type EmailAttachment = components['schemas']['EmailAttachment'];
export type NewEmail = NonNullable<
  paths['/api/v1/emails']['post']['requestBody']
>['content']['application/json'];

export const emails = recordQueries('emails');
export const templates = recordQueries('templates');

/** The accounts that the session can send by. */
export const emailAccountsQuery = queryOptions({
  queryKey: ['email-accounts'],
  queryFn: async ({ signal }) => (await dataOf(api.GET('/api/v1/email-accounts', { signal }))).data,
  staleTime: 30_000,
});

/** What the domain of an account lacks in its DNS. */
export const emailDomainQuery = (id: string) =>
  queryOptions({
    queryKey: ['email-accounts', 'dns', id],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/connections/{id}/dns', { params: { path: { id } }, signal })),
    staleTime: 60_000,
  });

export function useResumeAccount() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      dataOf(api.POST('/api/v1/email-accounts/{id}/resume', { params: { path: { id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: emailAccountsQuery.queryKey }),
  });
}

/** What an email says; read again once its content has another version. */
export const emailContentQuery = ({ id, content_version: version }: Pick<Email, 'id' | 'content_version'>) =>
  queryOptions({
    queryKey: ['emails', 'content', id, version],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/emails/{id}/content', { params: { path: { id } }, signal })),
  });

/** Threads, the latest first. */
export const emailThreadsQuery = ({ unread }: { unread: boolean }) => {
  const query = { limit: 25, ...(unread && { unread: 'true' as const }) };
  return infiniteQueryOptions({
    ...listQuery(['emails', 'threads'], query, (cursor, signal) =>
      api.GET('/api/v1/email-threads', { params: { query: { ...query, ...cursor } }, signal }),
    ),
    refetchInterval: 30_000,
  });
};

/** The emails of a thread, the oldest first. */
export const threadEmailsQuery = (threadId: string) =>
  queryOptions({
    queryKey: ['emails', 'thread', threadId],
    queryFn: async ({ signal }) => {
      const query = { thread_id: threadId, limit: 200, sort: 'created_at' } as const;
      return (await dataOf(api.GET('/api/v1/emails', { params: { query }, signal }))).data;
    },
  });

export const mergeFieldsQuery = queryOptions({
  queryKey: ['merge-fields'],
  queryFn: async ({ signal }) => (await dataOf(api.GET('/api/v1/merge-fields', { signal }))).data,
  staleTime: 300_000,
});

/** The records that a template is previewed with. */
export type PreviewRecords = Partial<
  Record<'contact_id' | 'company_id' | 'deal_id' | 'lead_id', string | null>
>;

export const readPreview = (id: string, body: PreviewRecords) =>
  dataOf(api.POST('/api/v1/templates/{id}/preview', { params: { path: { id } }, body }));

export const previewQuery = (id: string, version: number, records: PreviewRecords) =>
  queryOptions({
    queryKey: ['templates', 'preview', id, version, records],
    queryFn: () => readPreview(id, records),
    retry: false,
  });

/** Uploads a file for an email. */
export function uploadAttachment(file: File): Promise<EmailAttachment> {
  const form = new FormData();
  form.append('file', file);
  return dataOf(
    api.POST('/api/v1/email-attachments', {
      params: { query: { name: file.name.slice(0, 200) || 'file' } },
      // The types of openapi.json describe a form as an object.
      body: form as never,
    }),
  );
}

export function useSendEmail() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: NewEmail) => dataOf(api.POST('/api/v1/emails', { body })),
    onSuccess: (email) => cacheEmail(queries, email),
  });
}

/** Cancels an email, sends a draft, or sends it again. */
export function useEmailCommand(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (verb: 'cancel' | 'send' | 'send-again') =>
      dataOf(api.POST(`/api/v1/emails/{id}/${verb}`, { params: { path: { id } }, body: {} })),
    onSuccess: (email) => cacheEmail(queries, email),
  });
}

function cacheEmail(queries: ReturnType<typeof useQueryClient>, email: Email) {
  return cacheRecord(queries, emails, email);
}
