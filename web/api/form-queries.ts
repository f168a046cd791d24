import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { call, isConflict } from './client.ts';
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

export const formsQuery = listQuery<Form>(['forms', 'list'], '/forms');

export const formQuery = (id: string) =>
  queryOptions({
    queryKey: ['forms', 'one', id],
    queryFn: ({ signal }) => call<Form>('GET', `/forms/${id}`, { signal }),
  });

/** The submissions that created leads or, with `spam`, the quarantined ones. */
export const formSubmissionsQuery = (id: string, spam: boolean) =>
  listQuery<FormSubmission>(['forms', 'submissions', id], `/forms/${id}/submissions`, { spam: String(spam) });

/** The preview of a form page as HTML; rejects for an invalid draft. */
export const formPreviewQuery = (draft: FormDraft) =>
  queryOptions({
    queryKey: ['forms', 'preview', draft],
    queryFn: ({ signal }) => call<{ html: string }>('POST', '/forms/preview', { body: draft, signal }),
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
    mutationFn: (body: FormDraft) => call<Form>('POST', '/forms', { body }),
    ...useInvalidation(),
  });

/** Rejects with 412 if the form changed since `version`, and then refetches it. */
export function useUpdateForm() {
  const queries = useQueryClient();
  const invalidate = () => queries.invalidateQueries({ queryKey: ['forms'] });
  return useMutation({
    mutationFn: ({ id, version, change }: { id: string; version: number; change: Partial<FormDraft> }) =>
      call<Form>('PATCH', `/forms/${id}`, { body: change, ifMatch: version }),
    onSuccess: invalidate,
    onError: (error) => (isConflict(error) ? invalidate() : undefined),
  });
}

export const useRemoveForm = (id: string) =>
  useMutation({ mutationFn: () => call<void>('DELETE', `/forms/${id}`), ...useInvalidation() });

/** Creates the lead of a spam submission. */
export const useAcceptSubmission = (formId: string) =>
  useMutation({
    mutationFn: (id: string) => call<FormSubmission>('POST', `/forms/${formId}/submissions/${id}/accept`),
    ...useInvalidation(),
  });

export const useRemoveSubmission = (formId: string) =>
  useMutation({
    mutationFn: (id: string) => call<void>('DELETE', `/forms/${formId}/submissions/${id}`),
    ...useInvalidation(),
  });
