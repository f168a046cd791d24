import type { Call } from '../api/message-queries.ts';
import type { ShownProps } from '../fields/field-kind.ts';
import { viewOf } from '../record/object-view.ts';
import { StateBadge, type Tone } from '../ui/state-badge.tsx';
import classes from './messaging.module.css';

const HIDDEN = { Input: null, Cell: null, Value: null, Filter: null };

const TONES: Partial<Record<Call['status'], Tone>> = {
  completed: 'good',
  in_progress: 'accent',
  ringing: 'accent',
  no_answer: 'warning',
  busy: 'warning',
  failed: 'bad',
};

const LABELS: Partial<Record<Call['status'], string>> = {
  in_progress: 'In progress',
  no_answer: 'No answer',
};

function CallStatus({ record: { status } }: { record: Call }) {
  return <StateBadge tone={TONES[status] ?? 'calm'}>{LABELS[status] ?? status}</StateBadge>;
}

/** As in `3:20`. */
function Duration({ value }: ShownProps<Call>) {
  const seconds = Number(value);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

function Player({ record }: ShownProps<Call>) {
  return (
    // The words of a call are not written down anywhere.
    // oxlint-disable-next-line jsx-a11y/media-has-caption
    <audio className={classes.audio} controls preload="none" src={`/api/v1/calls/${record.id}/recording`} />
  );
}

export const callView = viewOf<Call>({
  isNameEnough: false,
  createLabel: 'Log a call',
  emptyText: 'Calls through a phone provider appear here by themselves. You can also log one by hand.',
  fields: {
    status: { Cell: CallStatus, Value: null },
    // The title is one of the two.
    from: { column: { wideOnly: true } },
    to: { column: { wideOnly: true } },
    duration: { label: 'Duration', Cell: Duration, Value: Duration },
    answered_by: { isRare: true },
    answered_at: { isRare: true },
    is_voicemail: { isShown: ({ is_voicemail: isVoicemail }) => isVoicemail },
    recording_url: { Value: Player, isRare: true, Input: null },
    recording_duration: HIDDEN,
    provider: { isRare: true },
    connection_id: HIDDEN,
    external_id: { ...HIDDEN, isRare: true },
    error_text: { isRare: true },
  },
  formOrder: ['direction', 'contact_id', 'to', 'from', 'started_at', 'duration', 'disposition', 'notes'],
  Badge: CallStatus,
});
