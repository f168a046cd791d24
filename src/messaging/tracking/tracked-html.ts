import { html } from '../../http/public/html.ts';
import { decodeAttribute, readTags, type HtmlTag } from './html-tag.ts';

/** A link of a mail that is tracked. */
export interface TrackedLink {
  /** From 1, in the order of the mail. */
  link: number;
  /** As in the mail, without character references. */
  url: string;
}

/** Reserved number: the link that people do not see. */
export const HONEYPOT_LINK = 0xffff;

const MAX_LINKS = 1_000;
/** A redirect's Location has to fit into the headers that proxies pass on. */
const MAX_URL_LENGTH = 6_000;
const UNSUBSCRIBE = /unsubscrib|opt[-_]?out/i;
/** Visible text that reads as an address: filters for phishing compare it with the target. */
const VISIBLE_URL = /^(?:https?:\/\/|www\.)\S+$|^[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?:[/?#]\S*)?$/i;

/**
 * Replaces the targets of links by tracked URLs. Everything else stays byte for byte. Left as they are: mailto:, tel:,
 * anchors and relative links, links with `data-no-track`, links to unsubscribe, links whose text is a URL, and URLs of
 * more than 6,000 characters.
 */
export function trackLinks(
  text: string,
  linkUrl: (link: number) => string,
): { html: string; links: TrackedLink[] } {
  const tags = readTags(text);
  const links: TrackedLink[] = [];
  const parts: string[] = [];
  let copied = 0;
  tags.forEach((tag, at) => {
    if (tag.isEnd || (tag.name !== 'a' && tag.name !== 'area') || links.length >= MAX_LINKS) return;
    const href = tag.attributes.find(({ name }) => name === 'href');
    const url = href && targetOf(tag, href.raw);
    if (!href || !url || VISIBLE_URL.test(visibleText(text, tags, at))) return;
    const link = links.length + 1;
    links.push({ link, url });
    parts.push(text.slice(copied, href.start), linkUrl(link));
    copied = href.end;
  });
  return { html: parts.join('') + text.slice(copied), links };
}

/** The URL of a link that may be tracked, else null. */
function targetOf(tag: HtmlTag, raw: string): string | null {
  if (tag.attributes.some(({ name }) => name === 'data-no-track')) return null;
  const url = decodeAttribute(raw);
  if (url === null || url === '' || url.length > MAX_URL_LENGTH || UNSUBSCRIBE.test(url)) return null;
  if (!/^\s*https?:\/\//i.test(url) || !URL.canParse(url)) return null;
  return url.includes('\0') || !url.isWellFormed() ? null : url;
}

/** The text between a link's tag and its end, without tags. */
function visibleText(text: string, tags: readonly HtmlTag[], at: number): string {
  let from = tags[at]!.end;
  let visible = '';
  for (let next = at + 1; next < tags.length; next++) {
    const { start, end, name } = tags[next]!;
    visible += text.slice(from, start);
    from = end;
    if (name === 'a') break;
  }
  return (decodeAttribute(visible) ?? visible).trim();
}

/** The value of Location for a stored URL: what a browser would request for the link in the mail. */
export function redirectTarget(url: string): string {
  return /^[\x21-\x7e]+$/.test(url) ? url : new URL(url).href;
}

/** A pixel, last in the body: loading it is an open. Gmail cuts mails of more than 102 kB, and the pixel with it. */
export function addPixel(text: string, pixelUrl: string): string {
  const attributes = 'width="1" height="1" alt="" style="display:block;border:0;width:1px;height:1px"';
  return insertLast(text, `<img src="${html`${pixelUrl}`.markup}" ${attributes}>`);
}

const HONEYPOT_STYLE =
  'display:block;width:1px;height:1px;overflow:hidden;font-size:1px;line-height:1px;color:transparent;text-decoration:none';

/** A link that people neither see nor reach by keyboard: what follows it is a scanner. */
export function addHoneypot(text: string, url: string): string {
  const attributes = `aria-hidden="true" tabindex="-1" rel="nofollow" style="${HONEYPOT_STYLE}"`;
  return insertLast(text, `<a href="${html`${url}`.markup}" ${attributes}></a>`);
}

function insertLast(text: string, markup: string): string {
  const closing = readTags(text).filter(({ isEnd }) => isEnd);
  const last =
    closing.findLast(({ name }) => name === 'body') ?? closing.findLast(({ name }) => name === 'html');
  return last ? text.slice(0, last.start) + markup + text.slice(last.start) : text + markup;
}
