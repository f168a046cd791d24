import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from './client.ts';
import { pagesOf } from './pages-of.ts';
import type { components } from './schema.d.ts';
import type { Role } from './session-queries.ts';

export type Member = components['schemas']['Member'];

const KEY = ['members'];

export const membersQuery = pagesOf<Member>(KEY, '/members', { limit: 200 });

function useThenReread() {
  const queries = useQueryClient();
  return { onSuccess: () => queries.invalidateQueries({ queryKey: KEY }) };
}

export const useChangeRole = () =>
  useMutation({
    mutationFn: ({ id, role }: { id: string; role: Role }) =>
      call<Member>('PATCH', `/members/${id}`, { body: { role } }),
    ...useThenReread(),
  });

export const useRemoveMember = () =>
  useMutation({ mutationFn: (id: string) => call<void>('DELETE', `/members/${id}`), ...useThenReread() });
