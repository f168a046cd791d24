/**
 * Splits a stream of bytes into HTTP/1.1 messages: a minimal parser for the messages here, which always have
 * Content-Length. A full HTTP parser would cost more than what is measured.
 * @param {(head: string, body: string) => void} onMessage latin1 text, a slice of a larger buffer; copy what is
 * kept
 * @returns {(chunk: Buffer) => void}
 */
export function messages(onMessage) {
  /** @type {Buffer | null} */
  let rest = null;
  return (chunk) => {
    const bytes = rest ? Buffer.concat([rest, chunk]) : chunk;
    const text = bytes.toString('latin1');
    let at = 0;
    for (;;) {
      const headEnd = text.indexOf('\r\n\r\n', at);
      if (headEnd === -1) break;
      const head = text.slice(at, headEnd);
      const bodyAt = headEnd + 4;
      const end = bodyAt + Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      if (end > text.length) break;
      at = end;
      onMessage(head, text.slice(bodyAt, end));
    }
    rest = at < bytes.length ? bytes.subarray(at) : null;
  };
}

/** Copies a text, so that the larger text it was cut from can be freed. */
export function copied(/** @type {string} */ text) {
  return Buffer.from(text, 'latin1').toString('latin1');
}
