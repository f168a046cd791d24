import { isbot } from 'isbot';

/**
 * `scanner`: a security product or the preview of a chat. `proxy`: the picture proxy of a mail service. `client`: a mail
 * program. `bot`: another program. `browser`: what is left.
 */
export type AgentKind = 'scanner' | 'proxy' | 'client' | 'bot' | 'browser';

export interface Agent {
  kind: AgentKind;
  /** For people, as in `Gmail`; the only part of a user agent that is stored. */
  family: string;
}

type Pattern = readonly [family: string, pattern: RegExp];

const SCANNERS: readonly Pattern[] = [
  ['Proofpoint', /proofpoint|urldefense/i],
  ['Barracuda', /barracuda/i],
  ['Mimecast', /mimecast/i],
  ['Symantec', /symantec|messagelabs/i],
  ['Cisco', /ironport|cisco(?:-| )?(?:secure|talos|email)|talosintelligence/i],
  ['Trend Micro', /trend ?micro|tmase/i],
  ['Forcepoint', /forcepoint|websense/i],
  ['Sophos', /sophos/i],
  ['Vade', /vade ?(?:secure|retro)|\bvade\b/i],
  ['Hornetsecurity', /hornetsecurity/i],
  ['Avanan', /avanan|check ?point/i],
  ['Abnormal', /abnormal ?security/i],
  ['FireEye', /fireeye|trellix/i],
  ['Fortinet', /fortimail|fortinet|fortisandbox/i],
  ['Bing preview', /bingpreview/i],
  ['Google Safety', /google-safety/i],
  ['Slack', /slackbot|slack-imgproxy/i],
  ['Microsoft Teams', /skypeuripreview|microsoft ?teams|teamsbot/i],
  ['WhatsApp', /whatsapp/i],
  ['Telegram', /telegrambot/i],
  ['Facebook', /facebookexternalhit|facebot/i],
  ['LinkedIn', /linkedinbot/i],
  ['Discord', /discordbot/i],
  ['Headless browser', /headlesschrome|phantomjs|puppeteer|playwright|selenium/i],
  [
    'Script',
    /^(?:curl|wget|python|go-http-client|java|okhttp|libwww|axios|node|undici|ruby|perl|php|guzzle)\b|python-requests|aiohttp/i,
  ],
];

const PROXIES: readonly Pattern[] = [
  ['Gmail', /googleimageproxy|ggpht\.com/i],
  ['Yahoo Mail', /yahoomailproxy/i],
];

const CLIENTS: readonly Pattern[] = [
  ['Outlook', /microsoft outlook|ms-?office|outlook-(?:ios|android)/i],
  ['Thunderbird', /thunderbird/i],
  ['Spark', /\bspark\b.*readdle|readdle/i],
  ['Apple Mail', /AppleWebKit\/(?!.*(?:Safari\/|Version\/|Chrome\/))/],
];

const BROWSERS: readonly Pattern[] = [
  ['Edge', /\bedg(?:e|a|ios)?\//i],
  ['Opera', /\bopr\//i],
  ['Samsung Internet', /samsungbrowser/i],
  ['Firefox', /firefox\/|fxios\//i],
  ['Chrome', /chrome\/|crios\//i],
  ['Safari', /safari\//i],
];

/** Few user agents make most requests, and each is matched with dozens of patterns. */
const known = new Map<string, Agent>();
const MAX_KNOWN = 500;

/** What sent a request, by its User-Agent. */
export function describeAgent(userAgent: string): Agent {
  const found = known.get(userAgent);
  if (found) return found;
  const agent = recognizeAgent(userAgent);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(userAgent, agent);
  return agent;
}

function recognizeAgent(userAgent: string): Agent {
  // Isbot takes it for a bot; Apple's relays send it for pictures.
  if (userAgent === 'Mozilla/5.0') return { kind: 'bot', family: 'Apple Mail' };
  return (
    find('scanner', SCANNERS, userAgent) ??
    find('proxy', PROXIES, userAgent) ??
    find('client', CLIENTS, userAgent) ??
    (userAgent !== '' && isbot(userAgent) ? { kind: 'bot', family: 'Bot' } : null) ??
    find('browser', BROWSERS, userAgent) ?? { kind: 'browser', family: 'Other' }
  );
}

function find(kind: AgentKind, patterns: readonly Pattern[], userAgent: string): Agent | null {
  const found = patterns.find(([, pattern]) => pattern.test(userAgent));
  return found ? { kind, family: found[0] } : null;
}
