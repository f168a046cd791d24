import { useState } from 'react';
import classes from './workspace-mark.module.css';

interface Marked {
  name: string;
  logo_url: string | null;
}

/** The logo of a workspace; its initial if it has none, or if the logo's URL has expired. */
export function WorkspaceMark({ workspace: { name, logo_url: url } }: { workspace: Marked }) {
  const [failedUrl, setFailedUrl] = useState<string | null>(null);
  if (url !== null && url !== failedUrl)
    return <img className={classes.logo} src={url} alt="" onError={() => setFailedUrl(url)} />;
  return (
    <span className={classes.mark} aria-hidden>
      {name.trim().slice(0, 1).toUpperCase()}
    </span>
  );
}
