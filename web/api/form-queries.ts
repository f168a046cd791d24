import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { call, isConflict } from './client.ts';
import { listQuery } from './list-query.ts';
import type { components } from './schema.d.ts';

export type Form = components['schemas']['Form'];
export type FormField = Form['fields'][number];
export type FormSubmission = components['schemas']['FormSubmission'];
/** What people set of a form; the rest the server does. */
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

/** What became leads or, with `spam`, what is kept aside. */
export const formSubmissionsQuery = (id: string, spam: boolean) =>
  listQuery<FormSubmission>(['forms', 'submissions', id], `/forms/${id}/submissions`, { spam: String(spam) });

/** The page of a form as it will be, as HTML; rejects while the draft is not well-formed. */
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

/** Rejects with 412 where somebody else changed it since `version`; what is on view is read again then. */
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

/** Makes the lead of what was taken for spam. */
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
