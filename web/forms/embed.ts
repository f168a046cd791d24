/**
 * Puts a form where its script stands: a frame that grows with what is in it. A frame keeps the page's styles and
 * scripts out of the form and the form's out of the page.
 */
(() => {
  // Nothing of this is seen by the page's own scripts.
  const script = document.currentScript;
  if (script instanceof HTMLScriptElement) embed(script);

  function embed(own: HTMLScriptElement): void {
    const address = new URL(own.src);
    const scheme = schemeOf(own.parentElement ?? document.documentElement);
    const page = new URL(address.pathname.replace(/\/embed\.js$/, ''), address.origin);
    page.searchParams.set('embed', '1');
    page.searchParams.set('scheme', scheme);
    page.searchParams.set('_page', location.href.slice(0, 2000));

    const frame = document.createElement('iframe');
    frame.src = page.href;
    frame.title = own.dataset['title'] ?? 'Form';
    Object.assign(frame.style, {
      display: 'block',
      width: '100%',
      height: '480px',
      border: '0',
      // Another scheme than the page's in the frame would give it a ground of its own.
      colorScheme: scheme,
    });

    let isShown = false;
    window.addEventListener('message', ({ source, origin, data }) => {
      if (source !== frame.contentWindow || origin !== address.origin) return;
      const { height, redirect } =
        (data as { fairlead?: { height?: unknown; redirect?: unknown } }).fairlead ?? {};
      if (typeof height === 'number') frame.style.height = `${Math.min(height, 20_000)}px`;
      if (typeof redirect === 'string' && redirect.startsWith('https://')) location.assign(redirect);
    });
    frame.addEventListener('load', () => {
      // Another page in the frame begins at its top: the thanks below a long form would be out of sight.
      if (isShown && frame.getBoundingClientRect().top < 0) frame.scrollIntoView();
      isShown = true;
    });

    if (own.parentElement === document.head) {
      document.addEventListener('DOMContentLoaded', () => document.body.append(frame));
      if (document.readyState !== 'loading') document.body.append(frame);
    } else own.after(frame);
  }

  /** What the page looks like around the form. */
  function schemeOf(around: Element): 'light' | 'dark' {
    const { colorScheme } = getComputedStyle(around);
    if (!colorScheme.includes('dark')) return 'light';
    return colorScheme.includes('light') && !matchMedia('(prefers-color-scheme: dark)').matches
      ? 'light'
      : 'dark';
  }
})();
