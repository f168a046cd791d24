/** One resource of a multistatus (RFC 4918), with what is read of it. */
export interface DavResponse {
  href: string;
  isCalendar: boolean;
  /** Whether its events are never busy times (RFC 6638, section 9.1). */
  isTransparent: boolean;
  /** Whether it may hold events. */
  hasEvents: boolean;
  /** Changes with its content; null if the server has none. */
  tag: string | null;
  principal: string | null;
  homeSet: string | null;
  calendarData: string | null;
}

/**
 * The resources of a multistatus. Only what is needed is read: names by their local part, whatever their prefix, and no
 * entities but those of XML itself, so that a document cannot grow.
 */
export function davResponses(xml: string): DavResponse[] {
  return elements(xml, 'response').map((response) => ({
    href: unescapeXml(element(response, 'href') ?? ''),
    isCalendar: hasElement(element(response, 'resourcetype') ?? '', 'calendar'),
    isTransparent: hasElement(element(response, 'schedule-calendar-transp') ?? '', 'transparent'),
    hasEvents: holdsEvents(element(response, 'supported-calendar-component-set')),
    tag: element(response, 'getctag') ?? element(response, 'sync-token'),
    principal: firstHref(response, 'current-user-principal'),
    homeSet: firstHref(response, 'calendar-home-set'),
    calendarData: textOf(element(response, 'calendar-data')),
  }));
}

/** The first URL inside an element; null without one. */
export function firstHref(xml: string, name: string): string | null {
  const inside = element(xml, name);
  return inside === null ? null : textOf(element(inside, 'href'));
}

function holdsEvents(components: string | null): boolean {
  return (
    components === null || !hasElement(components, 'comp') || /name\s*=\s*["']VEVENT["']/i.test(components)
  );
}

function hasElement(xml: string, name: string): boolean {
  return new RegExp(`<(?:[\\w-]+:)?${name}[\\s/>]`).test(xml);
}

function element(xml: string, name: string): string | null {
  return elements(xml, name)[0] ?? null;
}

function elements(xml: string, name: string): string[] {
  const pattern = new RegExp(`<((?:[\\w-]+:)?${name})(?:\\s[^>]*)?(?<!/)>`, 'g');
  const found: string[] = [];
  for (let match = pattern.exec(xml); match; match = pattern.exec(xml)) {
    const end = xml.indexOf(`</${match[1]}`, pattern.lastIndex);
    if (end < 0) break;
    found.push(xml.slice(pattern.lastIndex, end));
    pattern.lastIndex = end;
  }
  return found;
}

function textOf(xml: string | null): string | null {
  if (xml === null) return null;
  const data = xml.replaceAll(/<!\[CDATA\[([^]*?)\]\]>/g, (_all, text: string) =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;'),
  );
  const text = unescapeXml(data).trim();
  return text === '' ? null : text;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text
    .trim()
    .replaceAll(
      /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi,
      (all: string, hex?: string, decimal?: string, name?: string) => {
        if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? all;
        const code = hex === undefined ? Number(decimal) : parseInt(hex, 16);
        return code <= 0x10ffff ? String.fromCodePoint(code) : all;
      },
    );
}
