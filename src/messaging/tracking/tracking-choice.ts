import type { TrackingMode, WorkspaceSettingsStore } from '../../account/workspace-settings.ts';
import { invalid } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import type { Draft } from '../../record/record-service.ts';
import type { EmailResolution } from '../emails/email-rules.ts';

/** Whether a mail is tracked. @param requested undefined if the mail does not say */
export function isTracked(mode: TrackingMode, requested: boolean | undefined): boolean {
  return mode !== 'never' && (requested ?? mode === 'always');
}

const FIND_TOPIC = {
  name: 'email_topic.find',
  text: 'select from email_topic where workspace_id = $1 and id = $2',
};

/** Decides by the settings of the workspace whether a new mail is tracked, and checks its topic. */
export function fillTracking({
  db,
  workspaceSettings,
}: {
  db: Database;
  workspaceSettings: Pick<WorkspaceSettingsStore, 'recent'>;
}): (draft: Draft) => Promise<void> {
  return async (draft) => {
    const { input, kind, writer } = draft as Draft & { input: TrackingInput };
    const { workspaceId } = writer;
    if (input.topic_id != null) await checkTopic(db, workspaceId, input.topic_id);
    if (kind !== 'create') return;
    const { open_tracking: opens, click_tracking: clicks } = await workspaceSettings.recent(workspaceId);
    const resolved = draft.resolved as unknown as EmailResolution;
    draft.resolved = {
      ...resolved,
      values: {
        ...resolved.values,
        track_opens: isTracked(opens, input.track_opens ?? undefined),
        track_clicks: isTracked(clicks, input.track_clicks ?? undefined),
      },
    };
  };
}

interface TrackingInput {
  track_opens?: boolean | null;
  track_clicks?: boolean | null;
  topic_id?: string | null;
}

async function checkTopic(db: Database, workspaceId: Uuid, id: Uuid): Promise<void> {
  if ((await db.read(FIND_TOPIC, [workspaceId, id])).length === 0)
    throw invalid('topic_id', 'does not exist');
}
