/**
 * Reads what h2load prints: answers of 2xx, other answers, requests that got none, and the protocol it spoke.
 *
 * Requests under way at the end of the time are in none of its counts.
 */
export function readH2load(output) {
  const requests = counts(output, 'requests');
  const codes = counts(output, 'status codes');
  return {
    requests: codes['2xx'],
    refused: codes['3xx'] + codes['4xx'] + codes['5xx'],
    errors: requests.failed + requests.errored + requests.timeout,
    protocol: /^Application protocol: (\S+)$/m.exec(output)?.[1],
  };
}

/** A line of names and numbers: `status codes: 7 2xx, 0 3xx, …`. */
function counts(output, label) {
  const line = new RegExp(`^${label}: (.*)$`, 'm').exec(output)?.[1];
  if (line === undefined) throw new Error(`h2load printed no ${label}:\n${output}`);
  return Object.fromEntries(
    line.split(', ').map((part) => {
      const [number, name] = part.split(' ');
      return [name, Number(number)];
    }),
  );
}
