import { defineScopes } from '../../account/scope.ts';
import type { WorkspaceSettingsStore } from '../../account/workspace-settings.ts';
import type { Connections } from '../../connections/connection-store.ts';
import type { FileStore } from '../../files/file-store.ts';
import type { FileUrls } from '../../files/file-url.ts';
import type { HttpClient } from '../../net/http-client.ts';
import type { MadeModule, Module, ModuleParts, PreparedModule } from '../../record/module.ts';
import type { Noun } from '../../record/noun.ts';
import type { Records } from '../../record/records.ts';
import { callRoutes } from './call-routes.ts';
import { recordingJob } from './call-recording.ts';
import { fillCall } from './call-values.ts';
import { call } from './call.ts';
import { CONSENT_SCOPES, consentRoutes } from './consent-routes.ts';
import { makeFollowUpTasks } from './follow-up-task.ts';
import { messageCreateOptions } from './message-create.ts';
import { makeMediaUrls, mediaJob } from './message-media.ts';
import { makeMessageQueue, type MessageQueue } from './message-queue.ts';
import { makeMessageReports } from './message-report.ts';
import { messageRoutes } from './message-routes.ts';
import { messageRules } from './message-rules.ts';
import { makeMessageSender } from './message-sender.ts';
import { messageThreadRoutes } from './message-thread-routes.ts';
import { message } from './message.ts';
import { makePhoneAccounts, type PhoneAccounts } from './phone-accounts.ts';
import { makePhoneCalls, type PhoneCalls } from './phone-call.ts';
import type { PhoneProvider } from './phone-provider.ts';
import { makeReceivedMessages } from './received-message.ts';
import { staleCallJob } from './stale-calls.ts';
import { TELEPHONY_ERASURE } from './telephony-erasure.ts';

const SEND_SCOPES = defineScopes(
  { name: 'messages', label: 'Messages' },
  {
    'messages:send': {
      label: 'Send messages',
      description: 'Send text messages through phone connections.',
      minRole: 'member',
    },
  },
);

export interface TelephonyParts extends ModuleParts {
  workspaceSettings: WorkspaceSettingsStore;
  connections: Pick<Connections, 'open' | 'list'>;
  files: FileStore;
  fileUrls: FileUrls;
  /** Requests to providers. */
  http: HttpClient;
  phoneProviders: readonly PhoneProvider[];
}

/** What the connections of phone providers hand over. */
export interface Phone {
  receiveMessage: ReturnType<typeof makeReceivedMessages>;
  reportMessage: ReturnType<typeof makeMessageReports>;
  calls: PhoneCalls;
}

export interface Telephony extends MadeModule {
  phone: Phone;
}

function prepareTelephony(parts: TelephonyParts): PreparedModule<Telephony> {
  let made: Records | undefined;
  const accounts = makePhoneAccounts(parts);
  const queue = makeMessageQueue(parts.db);
  const people = () => made!.people;
  return {
    records: {
      services: {
        message: messageRules({ ...parts, accounts, queue, people }),
        call: { enrich: [fillCall({ ...parts, accounts, people })] },
      },
      extensions: [
        {
          object: 'message',
          panels: [{ key: 'media', label: 'Files', path: '/messages/{id}/media' }],
        },
      ],
    },
    make(records) {
      made = records;
      return makeTelephony(parts, { accounts, queue }, records);
    },
  };
}

function makeTelephony(
  parts: TelephonyParts,
  { accounts, queue }: { accounts: PhoneAccounts; queue: MessageQueue },
  records: Records,
): Telephony {
  const { db, fileUrls, baseUrl } = parts;
  const messages = records.serviceOf(message);
  const calls = records.serviceOf(call);
  const tasks = makeFollowUpTasks(records.named('task'));
  const media = mediaJob({ ...parts, accounts });
  const recording = recordingJob({ ...parts, accounts, calls: () => calls });
  const shared = { ...parts, accounts, queue, messages, calls, tasks, people: records.people };
  const phoneCalls = makePhoneCalls({ ...shared, recordingJob: recording });
  return {
    routes: [
      ...messageRoutes({ ...shared, shown: records.shownAs(message) }),
      ...messageThreadRoutes(parts),
      ...callRoutes({ ...shared, shown: records.shownAs(call) }),
      ...consentRoutes(shared),
    ],
    createOptions: { message: messageCreateOptions(shared) },
    jobTypes: [media, recording],
    recurring: [staleCallJob({ ...shared, calls: phoneCalls })],
    followers: [makeMessageSender({ ...shared, mediaUrlsOf: makeMediaUrls(db, fileUrls, baseUrl) })],
    phone: {
      receiveMessage: makeReceivedMessages({ ...shared, mediaJob: media }),
      reportMessage: makeMessageReports(shared),
      calls: phoneCalls,
    },
  };
}

/** Text messages and calls, through phone providers, which src/integrations knows, and by hand (SM1 to SM3). */
export const telephony: Module<TelephonyParts, Telephony> = {
  nouns: [message, call] as unknown as readonly Noun[],
  scopes: [...SEND_SCOPES, ...CONSENT_SCOPES],
  eventTypes: [],
  eventObjects: [],
  erasureRules: TELEPHONY_ERASURE,
  maintenance: () => [],
  prepare: prepareTelephony,
};
