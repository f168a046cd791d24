import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf, ifMatch, isConflict } from './client.ts';
import { listQuery } from './list-query.ts';
import type { components } from './schema.d.ts';

export type BookingPage = components['schemas']['BookingPage'];
/** The settings of a booking page that users set; the server sets the rest. */
export type BookingPageDraft = Omit<
  BookingPage,
  | 'id'
  | 'version'
  | 'url'
  | 'embed_code'
  | 'host_settings'
  | 'problems'
  | 'created_by'
  | 'created_at'
  | 'updated_at'
>;

const KEY = ['booking-pages'];

export const bookingPagesQuery = listQuery([...KEY, 'list'], {}, (cursor, signal) =>
  api.GET('/api/v1/booking-pages', { params: { query: cursor }, signal }),
);

export const bookingPageQuery = (id: string) =>
  queryOptions({
    queryKey: [...KEY, 'one', id],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/v1/booking-pages/{id}', { params: { path: { id } }, signal })),
  });

/** The times of a booking page that can be booked, by date. @param timeZone IANA, as in `Europe/Berlin` */
export const bookingSlotsQuery = (id: string, version: number, duration: number, timeZone: string) =>
  queryOptions({
    queryKey: [...KEY, 'slots', id, version, duration, timeZone],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET('/api/v1/booking-pages/{id}/slots', {
          params: { path: { id }, query: { duration, time_zone: timeZone } },
          signal,
        }),
      ),
    retry: false,
  });

function useInvalidation() {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: KEY });
}

export const useCreateBookingPage = () =>
  useMutation({
    mutationFn: (body: Partial<BookingPageDraft> & { title: string }) =>
      dataOf(api.POST('/api/v1/booking-pages', { body })),
    onSuccess: useInvalidation(),
  });

/** Rejects with 412 if the page changed since `version`, and then refetches it. */
export function useUpdateBookingPage() {
  const invalidate = useInvalidation();
  return useMutation({
    mutationFn: ({
      id,
      version,
      change,
    }: {
      id: string;
      version: number;
      change: Partial<BookingPageDraft>;
    }) =>
      dataOf(
        api.PATCH('/api/v1/booking-pages/{id}', {
          params: { path: { id }, header: ifMatch(version) },
          body: change,
        }),
      ),
    onSuccess: invalidate,
    onError: (error) => (isConflict(error) ? invalidate() : undefined),
  });
}

export const useRemoveBookingPage = (id: string) =>
  useMutation({
    mutationFn: () => dataOf(api.DELETE('/api/v1/booking-pages/{id}', { params: { path: { id } } })),
    onSuccess: useInvalidation(),
  });
