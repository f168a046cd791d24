/** `On … wrote:` of common mail programs, and their lines above a quoted mail. */
const BEGINS =
  /^(?:>|-{2,}\s*(?:Original Message|Ursprüngliche Nachricht|Message d'origine|Forwarded message)|_{10,}$|(?:On|Am|Le|El|Il|Op|Den)\b.{1,200}(?:wrote|schrieb.{0,80}|a écrit|escribió|ha scritto|schreef.{0,80}|skrev.{0,80})\s*:\s*$)/i;

/** Where the quoted text of a mail begins; its length if it quotes nothing, or nothing else. */
export function quotedFrom(text: string): number {
  let at = 0;
  for (const line of text.split('\n')) {
    if (line.length < 400 && BEGINS.test(line.trim()))
      return text.slice(0, at).trim() === '' ? text.length : at;
    at += line.length + 1;
  }
  return text.length;
}
