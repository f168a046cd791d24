/**
 * Takes HTTP/1.1 messages off a stream of bytes: the little that both ends here need, whose messages always
 * carry Content-Length. A parser of HTTP proper would cost more than what is measured.
 * @param {(head: string, body: string) => void} onMessage latin1 text; it shares memory with its neighbours,
 *   so what is kept should be copied
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

/** A copy that does not keep the text it was cut from in memory. */
export function copied(/** @type {string} */ text) {
  return Buffer.from(text, 'latin1').toString('latin1');
}
