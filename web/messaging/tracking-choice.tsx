import { Checkbox } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Email } from '../api/email-queries.ts';
import { workspaceQuery } from '../api/workspace-queries.ts';

type Tracking = Pick<Email, 'track_opens' | 'track_clicks'>;

/** Whether an email that is being written is tracked; by default as the workspace says. */
export interface TrackingChoice {
  isTracked: boolean;
  /** Of an email; empty until the settings of the workspace are known, which then decide. */
  fields: Partial<Tracking>;
  /** Null if the workspace tracks nothing. */
  label: string | null;
  choose: (isTracked: boolean) => void;
  reset: () => void;
}

/** @param edited the email that is changed */
export function useTrackingChoice(edited: Tracking | undefined): TrackingChoice {
  const { data: workspace } = useQuery(workspaceQuery);
  const [chosen, choose] = useState<boolean | null>(null);
  const modes = { opens: workspace?.open_tracking ?? 'never', clicks: workspace?.click_tracking ?? 'never' };
  const byDefault = edited
    ? edited.track_opens || edited.track_clicks
    : modes.opens === 'always' || modes.clicks === 'always';
  const isTracked = chosen ?? byDefault;
  return {
    isTracked: isTracked && labelOf(modes) !== null,
    // What the workspace says decides for itself, also for one of the two.
    fields:
      chosen === null
        ? {}
        : {
            track_opens: chosen && modes.opens !== 'never',
            track_clicks: chosen && modes.clicks !== 'never',
          },
    label: labelOf(modes),
    choose,
    reset: () => choose(null),
  };
}

function labelOf({ opens, clicks }: { opens: string; clicks: string }): string | null {
  if (opens !== 'never' && clicks !== 'never') return 'Track opens and clicks';
  if (opens !== 'never') return 'Track opens';
  return clicks === 'never' ? null : 'Track clicks';
}

export function TrackingCheckbox({ tracking: { label, isTracked, choose } }: { tracking: TrackingChoice }) {
  if (label === null) return null;
  return (
    <Checkbox
      size="xs"
      label={label}
      checked={isTracked}
      onChange={({ currentTarget }) => choose(currentTarget.checked)}
    />
  );
}
