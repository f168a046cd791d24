import { IconAddressBook, IconForms, IconPlugConnected, IconRocket, IconUsers } from '@tabler/icons-react';
import { useHasScope, useSession } from '../api/session-queries.ts';
import { paths } from '../paths.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { ButtonLink } from '../ui/router-links.tsx';
import classes from './home-page.module.css';

const LOOK = { variant: 'default', fullWidth: true, justify: 'flex-start' } as const;

/** What to do first in a workspace without records. */
export function FirstSteps() {
  const { workspace } = useSession();
  const mayContact = useHasScope('contacts:write');
  const mayForm = useHasScope('forms:write');
  const mayConnect = useHasScope('connections:manage');
  const mayInvite = useHasScope('workspace:manage');
  return (
    <EmptyState icon={IconRocket} title={`Welcome to ${workspace.name}`}>
      Your tasks, new leads and deals will be here. Start with one of these:
      <ul className={classes.steps}>
        {mayContact && (
          <li>
            <ButtonLink
              {...paths.newRecord('contacts')}
              {...LOOK}
              leftSection={<IconAddressBook size={16} />}
            >
              Create a contact
            </ButtonLink>
          </li>
        )}
        {mayForm && (
          <li>
            <ButtonLink {...paths.newForm()} {...LOOK} leftSection={<IconForms size={16} />}>
              Collect leads with a form
            </ButtonLink>
          </li>
        )}
        {mayInvite && (
          <li>
            <ButtonLink {...paths.members()} {...LOOK} leftSection={<IconUsers size={16} />}>
              Invite your team
            </ButtonLink>
          </li>
        )}
        {mayConnect && (
          <li>
            <ButtonLink {...paths.connections()} {...LOOK} leftSection={<IconPlugConnected size={16} />}>
              Connect another system
            </ButtonLink>
          </li>
        )}
      </ul>
    </EmptyState>
  );
}
