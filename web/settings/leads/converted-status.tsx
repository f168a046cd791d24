import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { leadSettingsQuery, useChangeLeadSettings } from '../../api/lead-settings-queries.ts';
import type { LeadStatus } from '../../api/lead-status-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { notifyDone, notifyWhenDone } from '../../ui/notify.tsx';

/** The default of the API: the first status of the kind won. */
const DEFAULT = '';

/** The status that a lead gets when it is converted. */
export function ConvertedStatus({ statuses }: { statuses: LeadStatus[] }) {
  const { data: settings } = useQuery(leadSettingsQuery);
  const { mutateAsync: change, isPending } = useChangeLeadSettings();
  const mayManage = useHasScope('workspace:manage');
  const firstWon = statuses.find(({ kind }) => kind === 'won');
  if (!settings || !firstWon) return null;
  const choose = (key: string | null) =>
    notifyWhenDone(change({ converted_status: key || null }), () =>
      notifyDone('Status of converted leads saved'),
    );
  return (
    <Select
      mt="md"
      label="Status of converted leads"
      description="A lead that is won already keeps its status."
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      data={[
        { value: DEFAULT, label: `${firstWon.name} (the first won status)` },
        ...statuses.map(({ key, name }) => ({ value: key, label: name })),
      ]}
      value={settings.converted_status ?? DEFAULT}
      onChange={choose}
      disabled={!mayManage || isPending}
      allowDeselect={false}
    />
  );
}
