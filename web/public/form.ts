import './form.css';
import { solveProof } from './proof.ts';

/** How long a submission waits for the proof of work; after that, it is sent without. */
const TIMEOUT_MS = 10_000;

const form = document.querySelector<HTMLFormElement>('form[data-challenge]');
if (form) enhance(form);
if (window.parent !== window) notifyParent();

/** Adds the proof of work and prevents double submissions. The page works without it, too. */
function enhance(target: HTMLFormElement): void {
  const button = target.querySelector('button')!;
  const proof = target.querySelector<HTMLInputElement>('input[name="_proof"]')!;
  const solved = solveProof(target.dataset['challenge']!).then((solution) => {
    proof.value = solution;
  });
  let isSent = false;

  target.addEventListener('submit', (event) => {
    event.preventDefault();
    if (isSent) return;
    isSent = true;
    button.setAttribute('aria-busy', 'true');
    const timeout = new Promise((resolve) => setTimeout(resolve, TIMEOUT_MS));
    // Without a solution (no secure context, an old browser), the server checks the submission without it.
    void Promise.race([solved.catch(() => undefined), timeout]).then(() => target.submit());
  });

  // Restored from the back/forward cache: the form can be submitted again.
  window.addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return;
    isSent = false;
    button.removeAttribute('aria-busy');
  });
}

/** Tells the embedding page the height and the redirect URL, and nothing that was entered. */
function notifyParent(): void {
  const post = (message: object) => window.parent.postMessage({ fairlead: message }, '*');
  const main = document.querySelector('main')!;
  new ResizeObserver(() => post({ height: Math.ceil(main.getBoundingClientRect().height) })).observe(main);
  const redirect = document.querySelector<HTMLElement>('[data-redirect]')?.dataset['redirect'];
  if (redirect !== undefined) post({ redirect });
}
