import path from 'node:path';
import ts from 'typescript';

/** Names that may not be declared, and what to call the thing. */
interface BannedName {
  /** Exact names, separated by spaces. */
  names?: string;
  /** Words that no name may hold: `told` finds `EventTold` and `MAX_TOLD`. */
  words?: string;
  use: string;
  /** Functions, methods, parameters and variables alone: `given` is a field of the API, but no name of a variable. */
  isField?: false;
  /** Where it is banned, if not everywhere: the word is plain English elsewhere. */
  only?: RegExp;
}

const NAMES: readonly BannedName[] = [
  { names: 'flight flights Flight FLIGHT FlightPlan flightOf changeFlight fly flown', use: 'batch, run' },
  { words: 'passenger passengers', use: 'item' },
  { names: 'takeOff touchDown boardGroup', use: 'startBatch, finishBatch, addGroup' },
  { names: 'board land', use: 'add, settle', only: /^(src|test)\/(base|db)\// },
  { words: 'landed', use: 'committed' },
  { words: 'patience', names: 'patiently', use: 'timeout' },
  { words: 'rung heard', names: 'ring ear', use: 'notify, onNotify, parse…, listener' },
  { words: 'beside', use: 'related rows, extra columns, or the name of what is related' },
  { words: 'told tells telling tellings', use: 'returned, payload, rendered, …Response' },
  { words: 'deed deeds ledger', use: 'audit entry, recordChange' },
  { names: 'enter', use: 'recordChange', only: /\/record-change\.ts$/ },
  { words: 'vigil', use: 'session revalidation' },
  { names: 'waitingRoom WaitingRoom makeWaitingRoom', use: 'concurrency limit' },
  { words: 'admission', use: 'signIn' },
  { names: 'pressing Pressing makePressing', use: 'recentFailures' },
  { names: 'Traces traces TRACES', use: 'erasure rules' },
  { words: 'kin', use: 'variants' },
  { names: 'expunge Expunge expunger Expunger makeExpunger expungeDeleted expunging', use: 'erase' },
  { words: 'door doors doorway reception', use: 'inbound, submission handler' },
  {
    words: 'arrival arrivals intake creation',
    use: 'inbound lead, enrich, insert gate, adapter',
    only: /^src\/(record|crm|integrations)\//,
  },
  { words: 'aside', use: 'quarantined', only: /form/ },
  { names: 'dropOldAside', use: 'deleteOldQuarantined' },
  { words: 'verdict verdicts', use: 'spam check', only: /form/ },
  { words: 'lure lures', use: 'honeypot' },
  {
    names:
      'leadWord leadWords LeadWord LeadWords makeLeadWords leadWordRoutes LeadWordField LeadWordKind LeadWordMenu ' +
      'AddWord leadWordsQuery useLeadWords useAddLeadWord useRenameLeadWord useRemoveLeadWord',
    use: 'lead option',
  },
  { words: 'story stories', use: 'timeline' },
  { names: 'leadDay leadDays LeadDay LeadDays', use: 'lead daily roll-up' },
  { names: 'completion Completion leadCompletion', use: 'enrich' },
  { names: 'star stars starFormats disabledStar', use: 'wildcard, wildcardFormats' },
  { words: 'overslept', use: 'overdue' },
  { words: 'stray strays', use: 'orphaned' },
  { words: 'chore chores housekeeping', names: 'keepHouse', use: 'maintenance task' },
  { words: 'dice', use: 'random' },
  { words: 'linger', use: 'idleTimeout' },
  { words: 'implicate', use: 'markSuspect' },
  { words: 'forgive', use: 'countCrash, clearCrash' },
  { words: 'careful proven trial', use: 'isolated, cleared, probe', only: /^src\/delivery\// },
  {
    names: 'place Place PLACE',
    use: 'promote',
    isField: false,
    only: /\/(claim|lane|read-ahead|record-order|worker)\.ts$/,
  },
  { names: 'unplace UNPLACE BEHIND UNPLACED unplaced PLACED_AT_ONCE', use: 'demote, blocked, unranked' },
  {
    names: 'pastEventRoutes PastEventParts pastEvents PastEvents',
    use: 'eventLogRoutes: event-log lists, the feed goes by cursor',
  },
  { names: 'personShape webhookShape PersonShape WebhookShape', use: '…Schema' },
  { words: 'heeds', use: 'supportsIfMatch' },
  { words: 'MOST LEAST LONGEST SHORTEST', use: 'MAX_…, MIN_…, with the unit' },
  { names: 'of', use: 'listFor, or what it is', isField: false },
  { names: 'asked', use: 'requested', isField: false },
  { names: 'there', use: 'existing', isField: false },
  { names: 'given', use: 'input', isField: false },
  { names: 'one', use: 'item', isField: false },
];

/** Names of files, without their ending; with a slash, paths and folders. */
const FILES: ReadonlyMap<string, string> = new Map([
  ['flight', 'batch-writer'],
  ['ledger', 'record-change'],
  ['admission', 'sign-in'],
  ['pressing', 'recent-failures'],
  ['vigil', 'session-revalidation'],
  ['waiting-room', 'concurrency-limit'],
  ['expunging', 'erasure'],
  ['form-doorway', 'form-submission-handler'],
  ['form-inbox', 'form-submission-store'],
  ['form-intake', 'form-insert-gate'],
  ['form-verdict', 'spam-check'],
  ['lead-arrival', 'lead-enrich'],
  ['lead-reception', 'inbound-lead'],
  ['lead-creation', 'lead-api-adapter'],
  ['lead-intake', 'lead-insert-gate'],
  ['lead-word', 'lead-option'],
  ['lead-words', 'lead-options'],
  ['lead-word-routes', 'lead-option-routes'],
  ['lead-word-queries', 'lead-option-queries'],
  ['lead-word-field', 'lead-option-field'],
  ['lead-word-menu', 'lead-option-menu'],
  ['lead-story', 'lead-timeline'],
  ['story', 'timeline-list'],
  ['lead-day', 'lead-daily-rollup'],
  ['lead-status-hold', 'lead-status-lock'],
  ['first-event-types', 'default-event-types'],
  ['lead-doors', 'inbound-leads'],
  ['past-events', 'event-log-routes'],
  ['person-shape', 'person-schema'],
  ['webhook-shape', 'webhook-schema'],
  ['sent', 'attempt-request'],
  ['employer', 'company-name'],
  ['deal-move', 'stage-change'],
  ['src/delivery/log', 'delivery-log'],
  ['src/delivery/order', 'record-order'],
  ['src/doors/', 'src/integrations/<system>/'],
  ['src/providers/', 'src/integrations/<system>/'],
]);

/** Phrases that no document, page or message has, whatever their case. */
const PHRASES: ReadonlyMap<string, string> = new Map([
  ['is like that', 'No matching …'],
  ['kept aside', 'quarantined'],
  ['its time is over', 'not found or expired'],
  ['who is no member', 'a user who is not a member'],
  ['put a notice away', 'Dismiss'],
  ['put it away', 'dismiss'],
  ['put them away', 'dismiss'],
  ['nothing arrived', 'No submissions'],
  ['it was made by hand', 'Created manually'],
  ['from every list', 'is removed from all lists'],
  ['can not', 'cannot'],
  ['wrote down about', 'Notes'],
  ['looks after', 'Owner (user id)'],
  ['what there is', 'name the thing'],
  ['so long as', 'while, if'],
  ['goes by', 'depends on, uses'],
  ['stands for', 'means, is'],
  ['stand for', 'mean, are'],
  ['all the same', 'still'],
  ['to be had', 'available'],
  ['of theirs', 'their'],
  ['told', 'returned, notified, shown'],
  ['tells', 'returns, shows, reports'],
  ['telling', 'returning, showing'],
  ['heard', 'received'],
  ['deed', 'action'],
  ['deeds', 'actions'],
  ['beside', 'next to, with, compared with'],
  ['kin', 'related'],
  ['anew', 'again'],
  ['whoever', 'anyone who, the user who'],
  ['doorway', 'submission handler'],
  ['lure', 'honeypot'],
  ['strays', 'orphaned'],
]);

/** A use of a banned word, as `file:line: "word", use …`. */
export type Finding = string;

const SEGMENT = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g;
const capitals = (word: string) => word === word.toUpperCase();

const bans = NAMES.map(({ names = '', words = '', ...rest }) => ({
  ...rest,
  names: new Set(names.split(' ').filter(Boolean)),
  words: words.split(' ').filter(Boolean),
}));

/** Whether `name` is banned as what `node` declares in `file`; what to use instead, or null. */
function insteadOf(name: string, node: ts.Node, file: string): string | null {
  const segments = name.match(SEGMENT) ?? [];
  for (const { names, words, use, isField, only } of bans) {
    if (only && !only.test(file)) continue;
    if (isField === false && !isVariableOrFunction(node)) continue;
    if (names.has(name)) return use;
    const holds = (word: string) =>
      segments.some((part) => (capitals(word) ? part === word : part.toLowerCase() === word));
    if (words.some(holds)) return use;
  }
  return null;
}

function isVariableOrFunction(node: ts.Node): boolean {
  if (ts.isPropertyAssignment(node)) {
    return ts.isArrowFunction(node.initializer) || ts.isFunctionExpression(node.initializer);
  }
  if (ts.isPropertySignature(node)) return node.type !== undefined && ts.isFunctionTypeNode(node.type);
  return (
    ts.isVariableDeclaration(node) ||
    ts.isBindingElement(node) ||
    ts.isParameter(node) ||
    ts.isFunctionLike(node) ||
    ts.isImportSpecifier(node) ||
    ts.isImportClause(node) ||
    ts.isNamespaceImport(node)
  );
}

/** The name that `node` declares; null where it only uses one. */
function declaredName(node: ts.Node): ts.Identifier | null {
  if (ts.isPropertyAccessExpression(node) || ts.isShorthandPropertyAssignment(node)) return null;
  if (ts.isJsxAttribute(node) || ts.isExportSpecifier(node) || ts.isMetaProperty(node)) return null;
  if (ts.isImportSpecifier(node) && !node.propertyName) return null;
  const { name } = node as { name?: ts.Node };
  return name && ts.isIdentifier(name) ? name : null;
}

function parsed(file: string, text: string): ts.SourceFile {
  return ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
}

function eachNode(root: ts.Node, look: (node: ts.Node) => void): void {
  look(root);
  ts.forEachChild(root, (child) => eachNode(child, look));
}

/** Declarations in a source file whose name is banned. */
export function bannedNames(file: string, text: string): Finding[] {
  const source = parsed(file, text);
  const found: Finding[] = [];
  eachNode(source, (node) => {
    const name = declaredName(node);
    const use = name && insteadOf(name.text, node, file);
    if (!use) return;
    const { line } = source.getLineAndCharacterOfPosition(name.getStart());
    found.push(`${file}:${line + 1}: "${name.text}", use ${use}`);
  });
  return found;
}

/** Whether the file's own name, or its folder's, is banned. */
export function bannedFileName(file: string): Finding[] {
  const name = path.basename(file).replace(/\..*$/, '');
  const whole = file.replace(/\.[^/]*$/, '');
  const [use] = [...FILES]
    .filter(([ban]) => ban === name || ban === whole || (ban.endsWith('/') && file.startsWith(ban)))
    .map(([, instead]) => instead);
  return use ? [`${file}:1: name of the file, use ${use}`] : [];
}

const PHRASE = new RegExp(
  `(?<![\\w-])(${[...PHRASES.keys()].join('|').replaceAll(' ', '\\s+')})(?![\\w-])`,
  'gi',
);

function phrasesIn(file: string, text: string, firstLine = 1): Finding[] {
  return [...text.matchAll(PHRASE)].map((match) => {
    const line = firstLine + text.slice(0, match.index).split('\n').length - 1;
    const phrase = match[0].replaceAll(/\s+/g, ' ');
    return `${file}:${line}: "${phrase}", use ${PHRASES.get(phrase.toLowerCase())}`;
  });
}

const blank = (text: string) => text.replaceAll(/[^\n]/g, ' ');

/** Banned phrases of a Markdown document, its code and the targets of its links left out. */
export function phrasesOfDocument(file: string, text: string): Finding[] {
  const prose = text
    .replaceAll(/^ *```.*?^ *```/gms, blank)
    .replaceAll(/`[^`]*`/g, blank)
    .replaceAll(/\]\([^)]*\)/g, blank);
  return phrasesIn(file, prose);
}

/** Banned phrases of a program's string literals and JSX texts; SQL is left out. */
export function phrasesOfProgram(file: string, text: string): Finding[] {
  const source = parsed(file, text);
  const found: Finding[] = [];
  eachNode(source, (node) => {
    const isText =
      ts.isStringLiteralLike(node) || ts.isJsxText(node) || ts.isTemplateMiddleOrTemplateTail(node);
    if (!isText && !ts.isTemplateHead(node)) return;
    if (isTagged(node)) return;
    const start = node.getFullStart() + (ts.isJsxText(node) ? 0 : node.getLeadingTriviaWidth());
    const { line } = source.getLineAndCharacterOfPosition(start);
    found.push(...phrasesIn(file, source.text.slice(start, node.end), line + 1));
  });
  return found;
}

function isTagged(node: ts.Node): boolean {
  const template = ts.isNoSubstitutionTemplateLiteral(node)
    ? node
    : ts.isTemplateHead(node)
      ? node.parent
      : ts.isTemplateMiddleOrTemplateTail(node)
        ? node.parent.parent
        : null;
  return template !== null && ts.isTaggedTemplateExpression(template.parent);
}
