import { ApiError } from '../../base/errors.ts';
import type { Uuid } from '../../base/id.ts';
import type {
  ConnectionValues,
  InboundHandler,
  InboundRequest,
  InboundResult,
} from '../../connections/connection-kind.ts';
import type { CallReport } from '../../messaging/telephony/call-state.ts';
import type { TakenReport } from '../../messaging/telephony/phone-call.ts';
import type { ConnectionServices } from '../integration.ts';
import { callbackUrl } from './twilio-api.ts';
import { fieldsOf, lineOf, summarizeTwilio, TWILIO, verifyTwilio } from './twilio-request.ts';
import { plainNumber } from './twilio-number.ts';
import { callStatusOf } from './twilio-status.ts';
import { TWIML, twiml, type TwimlVerb } from './twiml.ts';

/** How long a member's phone rings, in seconds. */
const RING_S = 20;
const MAX_VOICEMAIL_S = 120;
const CHILD_EVENTS = 'initiated ringing answered completed';

type Connection = ConnectionValues & { workspaceId: Uuid; id: Uuid };
type Handler = InboundHandler<ConnectionServices>;

/** What a handler is not the same in. */
function voiceHandler(parts: Pick<Handler, 'path' | 'label' | 'handle'> & { type: string }): Handler {
  const { type, ...rest } = parts;
  return { ...rest, takesForms: true, verify: verifyTwilio, summarize: summarizeTwilio(type, 'CallSid') };
}

function answered(verbs: readonly TwimlVerb[], result: Omit<InboundResult, 'answer'>): InboundResult {
  return { ...result, answer: twiml(verbs), answerType: TWIML };
}

function recordOf({ outcome, id }: TakenReport): Omit<InboundResult, 'answer'> {
  return id === null
    ? { outcome, reason: 'No call of this connection has this id.' }
    : { outcome, record: { type: 'call', id } };
}

/** The call of a request: ours, if the URL names it, else by Twilio's id of the first leg. */
function keyOf({ url, form }: InboundRequest) {
  const field = fieldsOf(form);
  return {
    callId: new URL(url).searchParams.get('call'),
    externalId: field('ParentCallSid') ?? field('CallSid'),
  };
}

function secondsOf(text: string | null): number | null {
  const seconds = Number(text ?? NaN);
  return Number.isInteger(seconds) && seconds >= 0 ? seconds : null;
}

/** A call comes in, or a member has answered a call that they started. */
export const voice = voiceHandler({
  path: 'voice',
  label: 'A call comes in',
  type: 'call.received',
  async handle(request, connection, services) {
    const { callId } = keyOf(request);
    return callId === null ? incoming(request, connection, services) : outgoing(callId, connection, services);
  },
});

async function incoming(
  { form }: InboundRequest,
  connection: Connection,
  { phone, baseUrl }: ConnectionServices,
): Promise<InboundResult> {
  const field = fieldsOf(form);
  const externalId = field('CallSid');
  const from = field('From');
  if (externalId === null || from === null)
    throw new ApiError('validation_error', 'The request is no call: it has no CallSid or From.');
  const route = await phone.calls.take(lineOf(connection), {
    externalId,
    from: plainNumber(from),
    to: plainNumber(field('To') ?? ''),
  });
  const at = urlsOf(connection, baseUrl(), route.callId);
  const verbs =
    route.dial === null
      ? farewell(connection.settings, at, route.isOpen)
      : [dialVerb(connection.settings, at, { number: route.dial, callerId: undefined })];
  return answered(verbs, { outcome: 'accepted', record: { type: 'call', id: route.callId } });
}

async function outgoing(
  callId: string,
  connection: Connection,
  { phone, baseUrl }: ConnectionServices,
): Promise<InboundResult> {
  const call = await phone.calls.outgoing(lineOf(connection), callId);
  if (!call)
    return answered([{ name: 'Hangup' }], {
      outcome: 'ignored',
      reason: 'There is no such call to be made.',
    });
  const at = urlsOf(connection, baseUrl(), callId);
  return answered([dialVerb(connection.settings, at, { number: call.to, callerId: call.from })], {
    outcome: 'accepted',
    record: { type: 'call', id: callId },
  });
}

type Urls = (path: string) => string;

/** One parameter only, so that nothing on the way can change their order. */
function urlsOf({ id }: Connection, baseUrl: string, callId: string): Urls {
  return (path) => `${callbackUrl({ kind: TWILIO, id }, { baseUrl }, path)}?call=${callId}`;
}

function dialVerb(
  settings: Connection['settings'],
  at: Urls,
  { number, callerId }: { number: string; callerId: string | undefined },
): TwimlVerb {
  const records = settings['record'] === true;
  return {
    name: 'Dial',
    attributes: {
      timeout: RING_S,
      callerId,
      action: at('dial-result'),
      ...(records && {
        record: 'record-from-answer-dual',
        recordingStatusCallback: at('recording'),
        recordingStatusCallbackEvent: 'completed',
      }),
    },
    content: [
      {
        name: 'Number',
        attributes: { statusCallback: at('voice-status'), statusCallbackEvent: CHILD_EVENTS },
        content: number,
      },
    ],
  };
}

/** Nobody takes the call: a voicemail, if the connection has one. */
function farewell(settings: Connection['settings'], at: Urls, isOpen: boolean): TwimlVerb[] {
  const sent = settings[isOpen ? 'voicemail_text' : 'closed_text'];
  const greeting = typeof sent === 'string' ? sent.trim() : '';
  const say: TwimlVerb[] = greeting === '' ? [] : [{ name: 'Say', content: greeting }];
  if (settings['voicemail'] === false) return [...say, { name: 'Hangup' }];
  return [
    ...say,
    {
      name: 'Record',
      attributes: {
        maxLength: MAX_VOICEMAIL_S,
        playBeep: true,
        transcribe: false,
        action: at('voicemail'),
        recordingStatusCallback: at('voicemail'),
        recordingStatusCallbackEvent: 'completed',
      },
    },
  ];
}

/** The status of a leg of a call. */
export const voiceStatus = voiceHandler({
  path: 'voice-status',
  label: 'Call status changes',
  type: 'call.status',
  async handle(request, connection, { phone }) {
    const report = reportIn(request);
    if (!report) return answered([], { outcome: 'ignored', reason: 'The status is not known.' });
    return answered([], recordOf(await phone.calls.report(lineOf(connection), keyOf(request), report)));
  },
});

function reportIn({ form }: InboundRequest): CallReport | null {
  const field = fieldsOf(form);
  const status = callStatusOf(field('CallStatus') ?? '');
  if (status === null) return null;
  const isChild = field('ParentCallSid') !== null;
  return {
    leg: isChild ? 'child' : 'parent',
    status,
    externalId: isChild ? field('ParentCallSid') : field('CallSid'),
    durationS: secondsOf(field('CallDuration')),
    answeredBy: isChild ? plainNumber(field('To') ?? '') || null : null,
    errorText: field('ErrorMessage'),
  };
}

/** What connecting the other leg came to; an incoming call that nobody took goes to voicemail. */
export const dialResult = voiceHandler({
  path: 'dial-result',
  label: 'Result of connecting a call',
  type: 'call.dialed',
  async handle(request, connection, { phone, baseUrl }) {
    const field = fieldsOf(request.form);
    const status = callStatusOf(field('DialCallStatus') ?? '');
    const key = keyOf(request);
    if (status === null)
      return answered([{ name: 'Hangup' }], { outcome: 'ignored', reason: 'The status is not known.' });
    const taken = await phone.calls.report(lineOf(connection), key, {
      leg: 'dial',
      status,
      externalId: key.externalId,
      durationS: secondsOf(field('DialCallDuration')),
      answeredBy: null,
      errorText: null,
    });
    const isInbound = field('Direction') === 'inbound';
    const wantsVoicemail = isInbound && status !== 'completed' && key.callId !== null;
    const verbs = wantsVoicemail
      ? farewell(connection.settings, urlsOf(connection, baseUrl(), key.callId!), true)
      : [{ name: 'Hangup' }];
    return answered(verbs, recordOf(taken));
  },
});

/** A recording of a call is ready. */
export const recording = voiceHandler({
  path: 'recording',
  label: 'Recordings',
  type: 'call.recorded',
  handle: (request, connection, services) => recorded(request, connection, services, false),
});

/** A caller has left a message. */
export const voicemail = voiceHandler({
  path: 'voicemail',
  label: 'Voicemail',
  type: 'call.voicemail',
  handle: (request, connection, services) => recorded(request, connection, services, true),
});

async function recorded(
  request: InboundRequest,
  connection: Connection,
  { phone }: ConnectionServices,
  isVoicemail: boolean,
): Promise<InboundResult> {
  const field = fieldsOf(request.form);
  const url = field('RecordingUrl');
  const end: TwimlVerb[] = isVoicemail ? [{ name: 'Hangup' }] : [];
  const status = field('RecordingStatus');
  if (url === null || !URL.canParse(url) || status === 'absent' || status === 'failed')
    return answered(end, { outcome: 'ignored', reason: 'There is no recording.' });
  const taken = await phone.calls.recorded(lineOf(connection), keyOf(request), {
    url: /\.(mp3|wav)$/.test(url) ? url : `${url}.mp3`,
    durationS: secondsOf(field('RecordingDuration')),
    isVoicemail,
  });
  return answered(end, recordOf(taken));
}
