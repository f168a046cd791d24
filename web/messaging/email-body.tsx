import classes from './email-body.module.css';

/** The text of an email. HTML is in a sandbox without scripts and without the origin of the dashboard. */
export function EmailBody({ html, text }: { html: string | null; text: string | null }) {
  if (html === null) return <pre className={classes.text}>{text ?? ''}</pre>;
  return <iframe title="Email" sandbox="" srcDoc={framed(html)} className={classes.frame} />;
}

/** On white, as mail clients show it, and with links that open nothing within the frame. */
function framed(html: string): string {
  return `<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><style>body{margin:12px;background:#fff;color:#111;font:14px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}img{max-width:100%}</style>${html}`;
}
