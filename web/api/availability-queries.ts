import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf, ifMatch } from './client.ts';
import type { components } from './schema.d.ts';

export type Schedule = components['schemas']['Schedule'];
export type MemberAvailability = components['schemas']['MemberAvailability'];
export type TimeOff = components['schemas']['TimeOff'];
export type CalendarFeed = components['schemas']['CalendarFeed'];
export type WorkingHours = Pick<Schedule, 'time_zone' | 'rules' | 'overrides'>;
/** From one time of day to another, as in `09:00` to `17:00`; `24:00` is the end of the day. */
export type ClockRange = Schedule['overrides'][number]['ranges'][number];

const KEY = ['availability'];

/** The working hours of a member, and when they are busy between two times (ISO 8601). */
export const availabilityQuery = (userId: string, from: string, to: string) =>
  queryOptions({
    queryKey: [...KEY, 'member', userId, from, to],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET('/api/v1/members/{id}/availability', {
          params: { path: { id: userId }, query: { from, to } },
          signal,
        }),
      ),
  });

export const schedulesQuery = (userId: string) =>
  queryOptions({
    queryKey: [...KEY, 'schedules', userId],
    queryFn: async ({ signal }) =>
      (
        await dataOf(
          api.GET('/api/v1/schedules', { params: { query: { user_id: userId, limit: 50 } }, signal }),
        )
      ).data,
  });

/** The time off of a member from a time on (ISO 8601); without a member, of all whose time off may be read. */
export const timeOffQuery = (userId: string | undefined, from: string, to?: string) =>
  queryOptions({
    queryKey: [...KEY, 'time-off', userId, from, to],
    queryFn: async ({ signal }) => {
      const query = { from, limit: 200, ...(userId && { user_id: userId }), ...(to && { to }) };
      return (await dataOf(api.GET('/api/v1/time-off', { params: { query }, signal }))).data;
    },
  });

export const calendarFeedsQuery = queryOptions({
  queryKey: [...KEY, 'feeds'],
  queryFn: async ({ signal }) => (await dataOf(api.GET('/api/v1/calendar-feeds', { signal }))).data,
});

function useInvalidation() {
  const queries = useQueryClient();
  return async () => {
    await queries.invalidateQueries({ queryKey: KEY });
    await queries.invalidateQueries({ queryKey: ['booking-pages'] });
  };
}

/** Saves working hours: those of a schedule, or the first schedule of a member. */
export const useSaveSchedule = () =>
  useMutation({
    mutationFn: ({
      schedule,
      userId,
      hours,
    }: {
      schedule: Schedule | null;
      userId: string;
      hours: WorkingHours;
    }) =>
      dataOf(
        schedule === null
          ? api.POST('/api/v1/schedules', { body: { ...hours, user_id: userId } })
          : api.PATCH('/api/v1/schedules/{id}', {
              params: { path: { id: schedule.id }, header: ifMatch(schedule.version) },
              body: hours,
            }),
      ),
    onSuccess: useInvalidation(),
  });

export const useCreateTimeOff = () =>
  useMutation({
    mutationFn: (body: Pick<TimeOff, 'user_id' | 'starts_at' | 'ends_at' | 'reason'>) =>
      dataOf(api.POST('/api/v1/time-off', { body })),
    onSuccess: useInvalidation(),
  });

export const useRemoveTimeOff = () =>
  useMutation({
    mutationFn: (id: string) => dataOf(api.DELETE('/api/v1/time-off/{id}', { params: { path: { id } } })),
    onSuccess: useInvalidation(),
  });

export const useCreateCalendarFeed = () =>
  useMutation({
    mutationFn: (body: Pick<CalendarFeed, 'user_id' | 'busy_only'>) =>
      dataOf(api.POST('/api/v1/calendar-feeds', { body })),
    onSuccess: useInvalidation(),
  });

export const useRemoveCalendarFeed = () =>
  useMutation({
    mutationFn: (id: string) =>
      dataOf(api.DELETE('/api/v1/calendar-feeds/{id}', { params: { path: { id } } })),
    onSuccess: useInvalidation(),
  });
