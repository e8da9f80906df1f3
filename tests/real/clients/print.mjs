// What all clients print: one JSON line for each thing that their library told them.
export const NAMES = ['heartbeat', 'metrics', 'sentiment_update', 'deadline', 'done', 'busy', 'message'];
export const print = line => process.stdout.write(JSON.stringify(line) + '\n');
