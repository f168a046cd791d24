// A child process: an SMTP server on 127.0.0.1 that accepts every mail at once, and counts them.
import { SMTPServer } from 'smtp-server';
import { answer } from './helper.mjs';

let count = 0;

const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS', 'AUTH'],
  disableReverseLookup: true,
  onData(stream, _session, done) {
    stream.resume();
    stream.on('end', () => {
      count += 1;
      done();
    });
  },
});
server.on('error', () => {});

answer({
  start: () =>
    new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const address = /** @type {import('node:net').AddressInfo} */ (server.server.address());
        resolve(address.port);
      });
    }),
  count: () => count,
});
