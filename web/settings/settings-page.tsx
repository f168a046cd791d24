import { Text, Title } from '@mantine/core';
import { useScopeCheck } from '../api/session-queries.ts';
import { settingsGroups } from '../layouts/nav-items.ts';
import { PageHeader } from '../ui/page-header.tsx';
import { TextLink } from '../ui/router-links.tsx';
import classes from './settings-page.module.css';

/** All pages of the settings that the session may open, by group. */
export function SettingsPage() {
  const hasScope = useScopeCheck();
  const groups = settingsGroups().map(({ title, destinations }) => ({
    title,
    permitted: destinations.filter(({ scope }) => scope === null || hasScope(scope)),
  }));
  return (
    <>
      <PageHeader />
      <div className={classes.body}>
        {groups
          .filter(({ permitted }) => permitted.length > 0)
          .map(({ title, permitted }) => (
            <section key={title} aria-labelledby={`settings-${title}`}>
              <Title order={2} id={`settings-${title}`} mb="xs">
                {title}
              </Title>
              <ul className={classes.list}>
                {permitted.map(({ label, icon: Icon, link }) => (
                  <li key={label}>
                    <Icon size={18} stroke={1.6} aria-hidden />
                    <div>
                      <TextLink {...link}>{label}</TextLink>
                      <Text size="xs" c="dimmed">
                        {TEXTS[label]}
                      </Text>
                    </div>
                  </li>
                ))}
              </ul>
            </section>
          ))}
      </div>
    </>
  );
}

/** What a page is for, by its title. */
const TEXTS: Readonly<Record<string, string>> = {
  Workspace: 'Name, logo, currency, time zone and formats',
  Members: 'Who works here, and what they may do',
  Profile: 'Your name and password',
  'Lead settings': 'Statuses, interests, sources and assignment',
  Pipelines: 'Stages of deals, their order and probability',
  Tags: 'Rename and merge tags',
  Trash: 'Restore or erase deleted records',
  Connections: 'Receive leads and data from other systems',
  'Suppression list': 'Addresses that get no email, and topics',
  'CRM webhook': 'Updates about leads from another CRM',
  'API keys': 'Access for your website and other apps',
  Webhooks: 'Send events to other systems',
  Deliveries: 'What was sent, and the answers',
  Events: 'Everything that happened',
  'Event types': 'Events of your own',
  'Data retention': 'How long events are kept',
  'Audit log': 'Who changed which setting',
};
