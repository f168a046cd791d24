import { Checkbox, Text } from '@mantine/core';
import type { Scope } from '../../api/scope-queries.ts';
import { fieldLabel } from '../../ui/field-label.ts';
import classes from './scope-choice.module.css';

/** The scopes of records: a row per object, a column per action. */
export function ScopeGrid({ scopes }: { scopes: readonly Scope[] }) {
  const ofRecords = scopes.filter(({ action }) => action !== null);
  const actions = [...new Set(ofRecords.map(({ action }) => action!))];
  const labels = new Map(ofRecords.map(({ group }) => [group!.name, group!.label]));
  return (
    <div className={classes.grid}>
      <span />
      {actions.map((action) => (
        <Text key={action} size="xs" c="dimmed">
          {fieldLabel(action)}
        </Text>
      ))}
      {[...labels].map(([name, label]) => (
        <div key={name} className={classes.row}>
          <span>{label}</span>
          {actions.map((action) => (
            <GridBox
              key={action}
              scope={ofRecords.find((item) => item.group?.name === name && item.action === action)}
            />
          ))}
        </div>
      ))}
    </div>
  );
}

function GridBox({ scope }: { scope: Scope | undefined }) {
  if (!scope) return <span />;
  const { name, description, may_grant: mayGrant } = scope;
  return <Checkbox size="xs" value={name} aria-label={name} title={description} disabled={!mayGrant} />;
}
