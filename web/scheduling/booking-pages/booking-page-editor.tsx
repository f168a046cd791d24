import { ActionIcon, Alert, Button, Menu } from '@mantine/core';
import { IconAlertTriangle, IconDots, IconExternalLink, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { bookingPageQuery, useRemoveBookingPage, type BookingPage } from '../../api/booking-page-queries.ts';
import { useHasScope } from '../../api/session-queries.ts';
import { paths } from '../../paths.ts';
import { ConflictNotice } from '../../record/conflict-notice.tsx';
import { confirm } from '../../ui/confirm.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { notifyDone, notifyWhenDone } from '../../ui/notify.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { ButtonLink, TextLink } from '../../ui/router-links.tsx';
import { AppointmentsOff } from '../appointments/appointments-off.tsx';
import { BookingPageState } from './booking-page-list.tsx';
import { BookingPagePreview } from './booking-page-preview.tsx';
import classes from './booking-page-editor.module.css';
import {
  ConfirmationSection,
  LimitSection,
  LocationSection,
  QuestionSection,
  ReminderSection,
  TimeSection,
  TitleSection,
  WebsiteSection,
} from './booking-page-sections.tsx';
import { HostSection } from './host-section.tsx';
import { useBookingPageDraft } from './use-booking-page-draft.ts';

const route = getRouteApi('/inside/booking-pages/$id');

export function NewBookingPage() {
  return <Editor page={null} />;
}

export function EditBookingPage() {
  const { id } = route.useParams();
  const { data: page, error, refetch } = useQuery(bookingPageQuery(id));
  const breadcrumb = <TextLink {...paths.bookingPages()}>Booking pages</TextLink>;
  if (error && !page) {
    return (
      <>
        <PageHeader title="Couldn’t load this booking page" breadcrumb={breadcrumb} />
        <div className={classes.message}>
          <ErrorPanel error={error} retry={() => void refetch()} />
        </div>
      </>
    );
  }
  return page ? <Editor key={id} page={page} /> : <PageHeader title="Booking page" breadcrumb={breadcrumb} />;
}

/** Edits a booking page next to what its guests see. */
function Editor({ page }: { page: BookingPage | null }) {
  const navigate = useNavigate();
  const mayManage = useHasScope('booking:manage');
  const api = useBookingPageDraft(page, async (saved) => {
    notifyDone(`${saved.title} saved`);
    if (page === null) await navigate(paths.bookingPage(saved.id));
  });
  const { base, form } = api;
  return (
    <form onSubmit={api.onSubmit}>
      <PageHeader
        title={base?.title ?? 'New booking page'}
        breadcrumb={<TextLink {...paths.bookingPages()}>Booking pages</TextLink>}
        badge={base && <BookingPageState page={base} />}
        actions={
          <>
            {base === null && (
              <ButtonLink {...paths.bookingPages()} variant="default">
                Cancel
              </ButtonLink>
            )}
            {base?.active && (
              <Button
                component="a"
                href={new URL(base.url).pathname}
                target="_blank"
                variant="default"
                leftSection={<IconExternalLink size={15} />}
              >
                Open page
              </Button>
            )}
            {mayManage && (
              <Button type="submit" loading={api.busy} disabled={base !== null && !form.isDirty()}>
                {base ? 'Save' : 'Create page'}
              </Button>
            )}
            {base && mayManage && <PageMenu page={base} />}
          </>
        }
      />
      <AppointmentsOff />
      <Notices api={api} />
      <div className={classes.body}>
        <fieldset className={classes.settings} disabled={!mayManage} aria-label="Settings">
          <TitleSection api={api} />
          <HostSection api={api} />
          <TimeSection api={api} />
          <LimitSection api={api} />
          <LocationSection api={api} />
          <QuestionSection api={api} />
          <ConfirmationSection api={api} />
          <ReminderSection api={api} />
          <WebsiteSection api={api} />
        </fieldset>
        <BookingPagePreview values={form.values} page={base} isChanged={form.isDirty()} />
      </div>
    </form>
  );
}

function Notices({ api }: { api: ReturnType<typeof useBookingPageDraft> }) {
  const problems = api.base?.problems ?? [];
  if (!api.conflict && !api.error && problems.length === 0) return null;
  return (
    <div className={classes.message}>
      {api.conflict && <ConflictNotice noun="booking page" load={api.conflict.load} />}
      {api.error && <ErrorPanel error={api.error} />}
      {problems.length > 0 && (
        <Alert color="yellow" icon={<IconAlertTriangle size={18} />} title="Guests may not be able to book">
          <ul className={classes.problems}>
            {problems.map(({ code, user_id: userId, message }) => (
              <li key={`${code}-${userId}`}>{message}</li>
            ))}
          </ul>
        </Alert>
      )}
    </div>
  );
}

function PageMenu({ page }: { page: BookingPage }) {
  const navigate = useNavigate();
  const { mutateAsync: remove } = useRemoveBookingPage(page.id);
  const confirmRemoval = () =>
    confirm({
      title: `Delete ${page.title}?`,
      text: 'Its link and its embed stop working. Its appointments stay. Guests can still cancel them, but no longer move them.',
      action: 'Delete booking page',
      onConfirm: () =>
        notifyWhenDone(remove(), () => {
          notifyDone(`${page.title} deleted`);
          void navigate(paths.bookingPages());
        }),
    });
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="default" size={32} aria-label="More actions">
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={confirmRemoval}>
          Delete booking page
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
