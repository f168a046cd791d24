// npm start: set up what is missing, then run the product in this very process, so that signals reach it.
import { setup } from './setup.mjs';

setup();
await import('../dist/main.js');
