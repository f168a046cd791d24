/** What a person asks for with a keyword. */
export type OptOutType = 'stop' | 'start' | 'help';

/** As providers and the carriers of the US and Canada know them. */
const KEYWORDS: Readonly<Record<OptOutType, ReadonlySet<string>>> = {
  stop: new Set(['stop', 'stopall', 'unsubscribe', 'cancel', 'end', 'quit', 'revoke', 'optout']),
  start: new Set(['start', 'yes', 'unstop']),
  help: new Set(['help', 'info']),
};

/** The keyword that a message consists of, whatever its case and punctuation; null if it is none. */
export function optOutKeyword(body: string): OptOutType | null {
  const word = body
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '');
  const found = Object.entries(KEYWORDS).find(([, words]) => words.has(word));
  return found ? (found[0] as OptOutType) : null;
}

/** Words with which people ask for no more messages in a sentence of their own. */
const WISHES = [
  // "Please stop", "STOP now!", but not "Stop by at nine".
  /^\W*(please\W+)?stop\b(?!\W+(by|at|in|off|over|for|on)\b)/i,
  /\bstop\W+(it|now|please|pls)\b/i,
  /\bplease\W+(stop|unsubscribe|cancel|quit)\b/i,
  // In other languages; carriers do not know these words.
  /^[^\p{L}\p{N}]*(stopp|abbestellen|abmelden|aufhören|arr[êe]te?r?z?|d[ée]sabonner|d[ée]sinscription|basta|fermati|cancella|alto|parar|pare|baja|cancelar|afmelden|sluta|rezygnuj[ęe]?|стоп|отписаться|停止|退订|退訂)(?![\p{L}\p{N}])/iu,
  /\b(stop|quit|cease)\s+(texting|messaging|contacting|sending|writing|calling|these|the messages|this)\b/i,
  /\b(do not|don['’]?t)\s+(text|message|contact|write|call)\s+me\b/i,
  /\b(unsubscribe|opt[ -]?out|remove)\s+me\b/i,
  /\b(take|get)\s+me\s+off\b/i,
  /\bno more (texts|messages|sms)\b/i,
  /\bleave me alone\b/i,
];

/** Whether the message asks for an end in other words: a person has to decide, since it may mean something else. */
export function asksToStop(body: string): boolean {
  return WISHES.some((wish) => wish.test(body));
}
