import { useMembers } from '../../record/person.tsx';

/** Colours of the theme that can be told apart in both colour schemes. The first is of a host who left. */
const COLORS = ['gray', 'blue', 'teal', 'grape', 'orange', 'pink', 'lime', 'indigo', 'red'] as const;

/** The colour of each member: the same on every visit, and for every user. */
export function useHostColors(): (hostId: string | null) => string {
  const members = useMembers();
  const ids = members.map(({ id }) => id).sort();
  return (hostId): string => {
    const at = hostId === null ? -1 : ids.indexOf(hostId);
    return at === -1 ? COLORS[0] : (COLORS[1 + (at % (COLORS.length - 1))] ?? COLORS[0]);
  };
}
