// npm start: sets up what is missing, then runs the product in this process, so that signals reach it.
import { mustHavePlace, setup } from './setup.mjs';

mustHavePlace();
setup();
await import('../dist/main.js');
