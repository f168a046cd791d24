import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf, ifMatch, isConflict } from './client.ts';
import { listQuery } from './list-query.ts';
import type { components } from './schema.d.ts';

export type Form = components['schemas']['Form'];
export type FormField = Form['fields'][number];
export type FormSubmission = components['schemas']['FormSubmission'];
/** The fields of a form that users set; the server sets the rest. */
export type FormDraft = Omit<
  Form,
  'id' | 'version' | 'url' | 'embed_code' | 'created_by' | 'created_at' | 'updated_at'
>;

export const formsQuery = listQuery(['forms', 'list'], {}, (cursor, signal) =>
  api.GET('/api/v1/forms', { params: { query: cursor }, signal }),
);

export const formQuery = (id: string) =>
  queryOptions({
    queryKey: ['forms', 'one', id],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/forms/{id}', { params: { path: { id } }, signal })),
  });

/** The submissions that created leads or, with `spam`, the quarantined ones. */
export const formSubmissionsQuery = (id: string, spam: boolean) =>
  listQuery(['forms', 'submissions', id], { spam: String(spam) }, (cursor, signal) =>
    api.GET('/api/v1/forms/{id}/submissions', {
      params: { path: { id }, query: { spam: String(spam), ...cursor } },
      signal,
    }),
  );

/** The number of quarantined submissions of a form. */
export const formSpamCountQuery = (id: string) =>
  queryOptions({
    queryKey: ['forms', 'spam-count', id],
    queryFn: async ({ signal }) => {
      const query = { spam: 'true', count: 'exact', limit: 1 } as const;
      const page = await dataOf(
        api.GET('/api/v1/forms/{id}/submissions', { params: { path: { id }, query }, signal }),
      );
      return page.total_count ?? 0;
    },
  });

/** The preview of a form page as HTML; rejects for an invalid draft. */
export const formPreviewQuery = (draft: FormDraft) =>
  queryOptions({
    queryKey: ['forms', 'preview', draft],
    queryFn: ({ signal }) => dataOf(api.POST('/api/v1/forms/preview', { body: draft, signal })),
    retry: false,
    staleTime: Infinity,
    gcTime: 0,
  });

function useInvalidation() {
  const queries = useQueryClient();
  return { onSuccess: () => queries.invalidateQueries({ queryKey: ['forms'] }) };
}

export const useCreateForm = () =>
  useMutation({
    mutationFn: (body: FormDraft) => dataOf(api.POST('/api/v1/forms', { body })),
    ...useInvalidation(),
  });

/** Rejects with 412 if the form changed since `version`, and then refetches it. */
export function useUpdateForm() {
  const queries = useQueryClient();
  const invalidate = () => queries.invalidateQueries({ queryKey: ['forms'] });
  return useMutation({
    mutationFn: ({ id, version, change }: { id: string; version: number; change: Partial<FormDraft> }) =>
      dataOf(
        api.PATCH('/api/v1/forms/{id}', { params: { path: { id }, header: ifMatch(version) }, body: change }),
      ),
    onSuccess: invalidate,
    onError: (error) => (isConflict(error) ? invalidate() : undefined),
  });
}

export const useRemoveForm = (id: string) =>
  useMutation({
    mutationFn: () => dataOf(api.DELETE('/api/v1/forms/{id}', { params: { path: { id } } })),
    ...useInvalidation(),
  });

/** Creates the lead of a spam submission. */
export const useAcceptSubmission = (formId: string) =>
  useMutation({
    mutationFn: (id: string) =>
      dataOf(
        api.POST('/api/v1/forms/{id}/submissions/{submission_id}/accept', {
          params: { path: { id: formId, submission_id: id } },
        }),
      ),
    ...useInvalidation(),
  });

export const useRemoveSubmission = (formId: string) =>
  useMutation({
    mutationFn: (id: string) =>
      dataOf(
        api.DELETE('/api/v1/forms/{id}/submissions/{submission_id}', {
          params: { path: { id: formId, submission_id: id } },
        }),
      ),
    ...useInvalidation(),
  });
