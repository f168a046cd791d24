import { z } from 'zod';
import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type { Database } from '../../db/pool.ts';
import { query } from '../../db/query.ts';
import type { LaneKey } from '../../events/outbox.ts';
import type { FileStore, StoredFile } from '../../files/file-store.ts';
import { jobType, type JobType } from '../../jobs/job.ts';
import type { HttpClient } from '../../net/http-client.ts';
import type { RecordService } from '../../record/record-service.ts';
import type { Call } from './call-fields.ts';
import type { CallInput } from './call.ts';
import type { PhoneAccounts } from './phone-accounts.ts';
import { changeRecord } from './telephony-change.ts';

/** `purpose` of recordings, and the scope that reading them takes. */
export const RECORDING_PURPOSE = 'call_recording';
/** An hour of MP3 has about 15 MB. */
const MAX_RECORDING_BYTES = 20 * 1024 * 1024;
const ATTEMPTS = 8;

const SOURCE = {
  name: 'call.recording-source',
  text: `select recording_source, connection_id, recording_file_id from call
         where workspace_id = $1 and id = $2 and deleted_at is null`,
};
const STORED = {
  name: 'call.recording-stored',
  text: `update call set recording_file_id = $3, recording_source = null where workspace_id = $1 and id = $2`,
};

interface Source {
  recording_source: string | null;
  connection_id: Uuid | null;
  recording_file_id: Uuid | null;
}

export interface RecordingJobParts {
  db: Database;
  files: FileStore;
  http: HttpClient;
  accounts: PhoneAccounts;
  baseUrl(): string;
  notify(lanes: LaneKey[]): void;
  calls(): RecordService<Call, CallInput>;
}

/** Where the API has the recording of a call. */
export function recordingUrl(baseUrl: string, callId: Uuid): string {
  return `${baseUrl}/api/v1/calls/${callId}/recording`;
}

/** Fetches the recording of a call from its provider and stores it; the call then has its URL. */
export function recordingJob(parts: RecordingJobParts): JobType<{ call_id: string }> {
  const { db, files, http, accounts, notify, calls } = parts;
  return jobType({
    name: 'call.fetch_recording',
    payload: z.object({ call_id: z.uuid() }),
    maxAttempts: ATTEMPTS,
    async run({ workspaceId: sent, payload: { call_id: id } }) {
      const workspaceId = sent!;
      const [row] = await db.read<Source>(SOURCE, [workspaceId, id]);
      if (!row?.recording_source || !row.connection_id) return 'nothing to fetch';
      const { account, provider } = await accounts.open(workspaceId, row.connection_id);
      const baseUrl = parts.baseUrl();
      const tools = { http, baseUrl };
      const fetched = await provider.fetchFile(account, row.recording_source, MAX_RECORDING_BYTES, tools);
      let lanes: LaneKey[] = [];
      await files.save(
        {
          workspace_id: workspaceId,
          purpose: RECORDING_PURPOSE,
          name: `call-${id}.mp3`,
          content_type: 'audio/mpeg',
          bytes: fetched.bytes,
          created_by: 'system',
        },
        async (trx, file) => {
          await query(trx, STORED, [workspaceId, id, file.id]);
          lanes = await changeRecord(trx, calls(), { workspaceId, id }, (current) => ({
            ...current,
            recording_url: recordingUrl(baseUrl, id),
          }));
        },
      );
      notify(lanes);
      return 'stored';
    },
  });
}

/** The recording of a call, to be downloaded. Throws `not_found`, and `conflict` while it is not stored here yet. */
export async function storedRecording(
  { db, files }: Pick<RecordingJobParts, 'db' | 'files'>,
  workspaceId: Uuid,
  callId: Uuid,
): Promise<StoredFile> {
  const [row] = await db.read<Source>(SOURCE, [workspaceId, callId]);
  if (!row) throw new ApiError('not_found', 'There is no call with this id.');
  if (row.recording_source !== null && row.recording_file_id === null)
    throw new ApiError('conflict', 'The recording is still being fetched from the provider.');
  const file = row.recording_file_id && (await files.get(workspaceId, row.recording_file_id));
  if (!file) throw new ApiError('not_found', 'The call has no recording.');
  return file;
}
