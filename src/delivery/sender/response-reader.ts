import { KEPT_BYTES, type Failure } from './send-outcome.ts';

/** Most bytes before the body, including the heads of 1xx; as many as browsers accept. */
const MAX_HEAD_BYTES = 256 * 1024;
/** Characters kept of a line. */
const MAX_LINE_LENGTH = 8 * 1024;
/** Bytes read of a body. */
export const MAX_BODY_BYTES = 64 * 1024;

const CR = 13;

/** The headers that matter to a sender of webhooks. */
type Field =
  | 'connection'
  | 'content-encoding'
  | 'content-length'
  | 'keep-alive'
  | 'retry-after'
  | 'transfer-encoding'
  | 'upgrade';

const FIELD =
  /^(?:connection|content-encoding|content-length|keep-alive|retry-after|transfer-encoding|upgrade)$/i;
const STATUS_LINE = /^[ \t]*HTTP\/(\d)(?:\.(\d))?[ \t]+(\d{3})(?!\d)/i;
/** Bytes that no head may contain (RFC 9110, 5.5). */
const ODD = /[^\t\r\n\x20-\x7e\x80-\xff]/;

/** Where a body ends: at once, after a number of bytes, with its last chunk, or with the connection. */
type Framing = 'none' | 'length' | 'chunked' | 'close';

/**
 * Reads the answer to one request as it arrives. It accepts everything that leaves the status in no doubt, since a
 * receiver that answered 2xx has taken the event: odd bytes in a header, a body that is not framed as its head says,
 * several 1xx before the final status (RFC 9110, 15.2). It is strict about the connection: it is reused only if every
 * reader would agree where this answer ended (RFC 9112, 6.3).
 */
export class ResponseReader {
  /** The final status; null until its head is complete. */
  status: number | null = null;
  /** Why this cannot be an answer. */
  problem: { failure: Failure; detail: string } | null = null;
  /** There is no more to read, or no point in reading on. */
  ended = false;
  /** It ended where its head said, so that the next bytes on the connection are the next answer. */
  endedWell = false;
  /** Whether any byte has arrived. */
  begun = false;
  /** Whether the body was compressed, or otherwise encoded. */
  isEncoded = false;
  /** The beginning of the body; if it is encoded, all that was read. */
  readonly kept: Buffer[] = [];

  #fields: Partial<Record<Field, string>> = {};
  #lastField: Field | null = null;
  /** The status of the head that is being read; 0 before its first line. */
  #code = 0;
  #persistent = false;
  #odd = false;
  #headBytes = 0;
  /** The beginning of an incomplete line. */
  #rest = '';

  #framing: Framing = 'close';
  #bodyBytes = 0;
  #keptBytes = 0;
  /** Bytes that are still to come: of the body, or of the chunk. */
  #left = 0;
  #line: 'size' | 'after-chunk' | 'trailer' = 'size';

  get retryAfter(): string | undefined {
    return this.#fields['retry-after'];
  }

  /** The codings of the body, including its transfer codings, in the order in which they were applied. */
  get codings(): string[] {
    const { 'content-encoding': content = '', 'transfer-encoding': transfer = '' } = this.#fields;
    return namesIn(`${content},${transfer}`).filter((name) => name !== 'identity' && name !== 'chunked');
  }

  /** How long the receiver keeps the connection, in seconds; null if it does not say. */
  get keepAliveS(): number | null {
    const said = /\btimeout=(\d{1,9})/i.exec(this.#fields['keep-alive'] ?? '');
    return said && Number(said[1]);
  }

  read(chunk: Buffer): void {
    this.begun = true;
    if (this.status !== null) return this.#readBody(chunk);
    const bodyAt = this.#readHead(chunk);
    if (this.status !== null) this.#readBody(bodyAt === 0 ? chunk : chunk.subarray(bodyAt));
  }

  /** @returns where the body begins, once the status is known */
  #readHead(chunk: Buffer): number {
    const carried = this.#rest.length;
    const text = this.#rest + chunk.toString('latin1');
    let start = 0;
    for (;;) {
      const lf = text.indexOf('\n', start);
      if (lf < 0) break;
      const bare = lf === start || text.charCodeAt(lf - 1) !== CR;
      if (bare) this.#odd = true;
      this.#readLine(text, start, Math.min(bare ? lf : lf - 1, start + MAX_LINE_LENGTH));
      start = lf + 1;
      if (this.problem) return 0;
      if (this.status !== null) {
        const bodyAt = start - carried;
        this.#odd ||= ODD.test(text.slice(0, start));
        this.#rest = '';
        this.#countHead(bodyAt);
        this.#frame();
        return bodyAt;
      }
    }
    this.#rest = text.slice(start, start + MAX_LINE_LENGTH);
    if (this.#code === 0 && !'HTTP/'.startsWith(this.#rest.trimStart().slice(0, 5).toUpperCase())) {
      this.#refuse('bad_response', NOT_HTTP);
    }
    this.#odd ||= ODD.test(text);
    this.#countHead(chunk.length);
    return 0;
  }

  #countHead(bytes: number): void {
    this.#headBytes += bytes;
    if (this.#headBytes > MAX_HEAD_BYTES) this.#refuse('too_large', TOO_LARGE);
  }

  #readLine(text: string, start: number, end: number): void {
    if (this.#code === 0) return this.#readStatus(text.slice(start, end));
    if (start === end) return this.#endHead();
    const first = text.charAt(start);
    if (first === ' ' || first === '\t') return this.#unfold(text.slice(start, end));
    const colon = text.indexOf(':', start);
    if (colon < 0 || colon >= end) {
      // The line means nothing, and leaves the status in no doubt.
      this.#odd = true;
      this.#lastField = null;
      return;
    }
    let nameEnd = colon;
    while (nameEnd > start && text.charCodeAt(nameEnd - 1) <= 0x20) nameEnd -= 1;
    if (nameEnd !== colon || colon === start) this.#odd = true;
    this.#lastField = null;
    const name = text.slice(start, nameEnd);
    if (FIELD.test(name)) this.#setField(name.toLowerCase() as Field, text.slice(colon + 1, end).trim());
  }

  #readStatus(line: string): void {
    if (line.trim() === '') {
      this.#odd = true;
      return;
    }
    const found = STATUS_LINE.exec(line);
    if (!found) return this.#refuse('bad_response', NOT_HTTP);
    this.#code = Number(found[3]);
    this.#persistent = found[1] === '1' && found[2] === '1';
    if (found[1] !== '1' || /^[ \t]/.test(line)) this.#odd = true;
    // 0 is no status, and would be taken for "no status yet".
    if (this.#code === 0) this.#refuse('bad_response', NOT_HTTP);
  }

  #setField(name: Field, value: string): void {
    this.#lastField = name;
    const before = this.#fields[name];
    if (before === undefined) this.#fields[name] = value;
    // The value may contain a comma; the first header counts.
    else if (name !== 'retry-after') this.#fields[name] = `${before},${value}`;
  }

  /** A line that continues the value of the line before: long deprecated, but accepted (RFC 9112, 5.2). */
  #unfold(line: string): void {
    this.#odd = true;
    if (this.#lastField) this.#fields[this.#lastField] += ` ${line.trim()}`;
  }

  #endHead(): void {
    const code = this.#code;
    if (code === 101 && this.#fields.upgrade !== undefined) {
      return this.#refuse('bad_response', 'a change of protocol that was not asked for');
    }
    if (code >= 100 && code < 200) {
      this.#code = 0;
      this.#fields = {};
      this.#lastField = null;
      return;
    }
    this.status = code;
  }

  /** Finds out where the body ends (RFC 9112, 6.3), and whether that is certain. */
  #frame(): void {
    const { 'content-length': length, 'transfer-encoding': transfer, connection } = this.#fields;
    if (transfer !== undefined || this.#fields['content-encoding'] !== undefined) {
      this.isEncoded = this.codings.length > 0;
    }
    if (connection !== undefined) {
      const options = namesIn(connection);
      this.#persistent = !options.includes('close') && (this.#persistent || options.includes('keep-alive'));
    }
    if (this.status === 204 || this.status === 304) {
      this.#framing = 'none';
      if (transfer !== undefined || (length ?? '0') !== '0') this.#odd = true;
    } else if (transfer !== undefined) {
      this.#framing = namesIn(transfer).at(-1) === 'chunked' ? 'chunked' : 'close';
      if (length !== undefined || transfer.toLowerCase() !== 'chunked') this.#odd = true;
    } else if (length !== undefined) {
      const lengths = namesIn(length).filter((item) => /^\d+$/.test(item));
      if (!/^\d{1,15}$/.test(length)) this.#odd = true;
      this.#framing = lengths.length > 0 ? 'length' : 'close';
      this.#left = lengths.reduce((least, item) => Math.min(least, Number(item)), Infinity);
    } else if (this.status === 205) {
      // Such an answer has no body, and many servers leave out its length.
      this.#framing = 'none';
      this.#odd = true;
    }
  }

  #readBody(chunk: Buffer): void {
    this.#bodyBytes += chunk.length;
    if (this.#framing === 'none') {
      this.#keep(chunk);
      this.#end(chunk.length === 0);
    } else if (this.#framing === 'length') {
      const here = Math.min(chunk.length, this.#left);
      this.#keep(here === chunk.length ? chunk : chunk.subarray(0, here));
      this.#left -= here;
      if (this.#left === 0) this.#end(here === chunk.length);
    } else if (this.#framing === 'chunked') {
      this.#readChunked(chunk);
    } else {
      this.#keep(chunk);
    }
    if (!this.ended && this.#bodyBytes > MAX_BODY_BYTES) this.#end(false);
  }

  #readChunked(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.ended) {
      if (this.#left > 0) {
        const end = Math.min(chunk.length, at + this.#left);
        this.#keep(chunk.subarray(at, end));
        this.#left -= end - at;
        at = end;
        if (this.#left === 0) this.#line = 'after-chunk';
        continue;
      }
      const lf = chunk.indexOf('\n', at);
      this.#rest += chunk.toString('latin1', at, lf < 0 ? chunk.length : lf);
      if (lf < 0) return;
      at = lf + 1;
      if (!this.#rest.endsWith('\r')) this.#odd = true;
      const line = this.#rest.trim();
      this.#rest = '';
      this.#readChunkLine(line, at === chunk.length);
    }
  }

  #readChunkLine(line: string, isLast: boolean): void {
    if (this.#line === 'after-chunk') {
      if (line === '') this.#line = 'size';
      else this.#end(false);
    } else if (this.#line === 'trailer') {
      if (line === '') this.#end(isLast);
    } else {
      const size = /^([0-9a-f]+)[ \t]*(?:;.*)?$/i.exec(line);
      if (!size) return this.#end(false);
      this.#left = Number.parseInt(size[1]!, 16);
      if (this.#left === 0) this.#line = 'trailer';
    }
  }

  #keep(chunk: Buffer): void {
    if (chunk.length === 0) return;
    if (this.#keptBytes < KEPT_BYTES || this.isEncoded) this.kept.push(chunk);
    this.#keptBytes += chunk.length;
  }

  #end(well: boolean): void {
    this.ended = true;
    this.endedWell = well && this.#persistent && !this.#odd;
  }

  #refuse(failure: Failure, detail: string): void {
    this.status = null;
    this.problem = { failure, detail };
  }
}

const NOT_HTTP = 'the answer does not begin with a status line of HTTP';
const TOO_LARGE = 'the head of the answer is larger than 256 KiB';

/** The names in a list, in lower case, without parameters and empty ones. */
function namesIn(list: string): string[] {
  return list
    .split(',')
    .map((item) => item.split(';')[0]!.trim().toLowerCase())
    .filter((item) => item !== '');
}
