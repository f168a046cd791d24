import { SegmentedControl } from '@mantine/core';
import type { Icon } from '@tabler/icons-react';
import classes from './view-switch.module.css';

/** Switches between the layouts of a list. On a phone, only the icons are shown. */
export function ViewSwitch<View extends string>({
  views,
  value,
  onChange,
}: {
  views: readonly { value: View; label: string; icon: Icon }[];
  value: View;
  onChange: (view: View) => void;
}) {
  return (
    <SegmentedControl
      aria-label="View"
      size="xs"
      value={value}
      onChange={(chosen) => onChange(chosen)}
      data={views.map(({ value: view, label, icon: ViewIcon }) => ({
        value: view,
        label: (
          <span className={classes.view}>
            <ViewIcon size={14} stroke={1.6} aria-hidden />
            <span className={classes.label}>{label}</span>
          </span>
        ),
      }))}
    />
  );
}
