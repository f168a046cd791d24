import { ApiError } from '../../base/errors.ts';
import type { InboundHandler, InboundResult } from '../../connections/connection-kind.ts';
import { MAX_MEDIA } from '../../messaging/telephony/message-fields.ts';
import type { OptOutType } from '../../messaging/telephony/opt-out-keyword.ts';
import type { ReceivedMessage } from '../../messaging/telephony/received-message.ts';
import type { ConnectionServices } from '../integration.ts';
import { OPTED_OUT_CODE, twilioErrorText } from './twilio-error.ts';
import { fieldsOf, lineOf, summarizeTwilio, verifyTwilio } from './twilio-request.ts';
import { plainNumber } from './twilio-number.ts';
import { messageStatusOf } from './twilio-status.ts';
import { TWIML, twiml } from './twiml.ts';

const NO_REPLY = { answer: twiml([]), answerType: TWIML };

/** A message comes in. Twilio itself replies to STOP and HELP, so nothing is replied here. */
export const smsHandler: InboundHandler<ConnectionServices> = {
  path: 'sms',
  label: 'A message comes in',
  takesForms: true,
  verify: verifyTwilio,
  summarize: summarizeTwilio('message.received', 'MessageSid'),
  async handle({ form }, connection, { phone, takeLead }): Promise<InboundResult> {
    const received = receivedIn(fieldsOf(form));
    const { outcome, id } = await phone.receiveMessage(lineOf(connection), received, async (number, name) => {
      const input = { ...(name === null ? {} : { name }), phone: number, source: 'SMS' };
      const lead = await takeLead(connection.workspaceId, {
        id: received.externalId,
        input,
        sent: input,
        sentText: () => JSON.stringify(input),
      });
      return lead.id;
    });
    return { outcome, record: { type: 'message', id }, ...NO_REPLY };
  },
};

/** The status of a message that was sent. */
export const smsStatusHandler: InboundHandler<ConnectionServices> = {
  path: 'sms-status',
  label: 'Status of messages',
  takesForms: true,
  verify: verifyTwilio,
  summarize: summarizeTwilio('message.status', 'MessageSid'),
  async handle({ form, url }, connection, { phone }): Promise<InboundResult> {
    const field = fieldsOf(form);
    const status = messageStatusOf(field('MessageStatus') ?? field('SmsStatus') ?? '');
    const externalId = field('MessageSid') ?? field('SmsSid');
    if (status === null || externalId === null)
      return { outcome: 'ignored', reason: 'The status is not known.', ...NO_REPLY };
    const code = field('ErrorCode');
    const ownId = new URL(url).searchParams.get('message');
    const { outcome, id } = await phone.reportMessage(lineOf(connection), ownId, {
      externalId,
      status,
      errorCode: code,
      errorText: twilioErrorText(code, field('ErrorMessage')),
      isOptOut: code === OPTED_OUT_CODE,
    });
    if (id === null) return { outcome, reason: 'No message of this connection has this id.', ...NO_REPLY };
    return { outcome, record: { type: 'message', id }, ...NO_REPLY };
  },
};

const OPT_OUT_TYPES: Readonly<Record<string, OptOutType>> = { STOP: 'stop', START: 'start', HELP: 'help' };

function optOutTypeOf(sent: string): OptOutType | null {
  return Object.hasOwn(OPT_OUT_TYPES, sent) ? OPT_OUT_TYPES[sent]! : null;
}

function receivedIn(field: ReturnType<typeof fieldsOf>): ReceivedMessage {
  const externalId = field('MessageSid') ?? field('SmsSid');
  const from = field('From');
  const to = field('To');
  if (externalId === null || from === null || to === null)
    throw new ApiError('validation_error', 'The request is no message: it has no MessageSid, From or To.');
  const count = Math.min(MAX_MEDIA, Number(field('NumMedia') ?? 0) || 0);
  const media = Array.from({ length: count }, (_none, at) => ({
    url: field(`MediaUrl${at}`) ?? '',
    contentType: field(`MediaContentType${at}`) ?? 'application/octet-stream',
  })).filter(({ url }) => URL.canParse(url));
  return {
    externalId,
    from: plainNumber(from),
    to: plainNumber(to),
    channel: from.startsWith('whatsapp:') ? 'whatsapp' : media.length > 0 ? 'mms' : 'sms',
    body: field('Body') ?? '',
    media,
    optOutType: optOutTypeOf(field('OptOutType') ?? ''),
    senderName: field('ProfileName'),
  };
}
