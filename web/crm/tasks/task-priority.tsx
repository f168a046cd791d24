import type { Task } from '../../api/task-queries.ts';
import { StateBadge, type Tone } from '../../ui/state-badge.tsx';

const TONES: Record<Task['priority'], Tone> = {
  low: 'calm',
  medium: 'accent',
  high: 'warning',
  urgent: 'bad',
};

export function TaskPriority({ priority }: Pick<Task, 'priority'>) {
  return <StateBadge tone={TONES[priority]}>{priority}</StateBadge>;
}
