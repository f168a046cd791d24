// npm start: set up what is missing, then run the product in this very process, so that signals reach it.
import { mustHavePlace, setup } from './setup.mjs';

mustHavePlace();
setup();
await import('../dist/main.js');
