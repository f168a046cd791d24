import { useLocation } from '@tanstack/react-router';
import { useEffect, useState } from 'react';

/**
 * The token in the fragment of a link, `#token=…`, or null. It never reaches a server's log that way; from the address
 * bar and the history it is taken out, so that a glance over the shoulder finds nothing either.
 */
export function useLinkToken(): string | null {
  const fragment = useLocation({ select: ({ hash }) => hash });
  const found = tokenIn(fragment);
  const [token, setToken] = useState(found);
  if (found !== null && found !== token) setToken(found);
  useEffect(() => {
    if (found === null) return;
    const { pathname, search } = window.location;
    window.history.replaceState(window.history.state, '', pathname + search);
  }, [found]);
  return token;
}

function tokenIn(fragment: string): string | null {
  return new URLSearchParams(fragment.replace(/^#/, '')).get('token');
}
