import { useLocation } from '@tanstack/react-router';
import { useEffect, useState } from 'react';

/**
 * The token in the fragment of a link, `#token=…`, or null. A fragment never reaches a server log. The token is removed
 * from the address bar and the history.
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
