import { Skeleton, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { leadSettingsQuery, type Assignment, type AssignmentRule } from '../../api/lead-settings-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { useMembers } from '../../record/person.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { Property, PropertyList } from '../../ui/property-list.tsx';
import { LeadAssignmentForm } from './lead-assignment-form.tsx';

/** The assignment of new leads. */
export function LeadAssignment() {
  const { data: settings, error, refetch } = useQuery(leadSettingsQuery);
  const mayManage = useHasScope('workspace:manage');
  const members = useMembers();
  const assignment = settings?.assignment;
  const isReady = assignment !== undefined && (members.length > 0 || !mayManage);
  return (
    <section aria-labelledby="assignment-title">
      <Title order={2} id="assignment-title">
        Assignment
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        Who owns new leads that arrive without an owner. Former members are skipped.
      </Text>
      {error && !settings && <ErrorPanel error={error} retry={() => void refetch()} />}
      {!isReady && !error && <Skeleton height={32} />}
      {isReady && mayManage && (
        <LeadAssignmentForm key={JSON.stringify(assignment)} assignment={assignment} members={members} />
      )}
      {isReady && !mayManage && <Rules assignment={assignment} />}
    </section>
  );
}

function Rules({ assignment }: { assignment: Assignment }) {
  return (
    <PropertyList label="Assignment">
      <Property name={assignment.sources.length > 0 ? 'Other sources' : 'All leads'}>
        <Owners rule={assignment} />
      </Property>
      {assignment.sources.map((rule) => (
        <Property key={rule.source} name={rule.source}>
          <Owners rule={rule} />
        </Property>
      ))}
    </PropertyList>
  );
}

function Owners({ rule: { mode, members: ids } }: { rule: AssignmentRule }) {
  const members = useMembers();
  if (mode === 'none') return 'Unassigned';
  const names = ids.flatMap((id) => members.find((member) => member.id === id)?.name ?? []);
  if (names.length === 0) return mode === 'owner' ? 'One member' : `${ids.length} members, round robin`;
  return names.join(', ') + (mode === 'round_robin' ? ' (round robin)' : '');
}
