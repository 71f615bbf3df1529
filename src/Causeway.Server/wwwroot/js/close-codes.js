// What each close code of the live protocol means, and whether to come back after it.

const table = new Map([
  [1000, ['Closed as asked', false]],
  [1001, ['The server is going away', true]],
  [1002, ['Protocol error', false]],
  [1003, ['The server expects text', false]],
  [1006, ['The line broke', true]],
  [1007, ['Not UTF-8', false]],
  [1008, ['Too many refused messages', false]],
  [1009, ['A message was too big', false]],
  [1011, ['A fault of the server', true]],
  [1012, ['The server restarts', true]],
  [1013, ['The server is overloaded', true]],
  [4001, ['The credential has expired', true]],
  [4003, ['Nothing was heard for too long', true]],
  [4008, ['This client read too slowly', true]],
  [4501, ['The credential was revoked', false]],
  [4502, ['Disconnected by an operator', false]],
]);

/** → { text, comeBack }. Unknown codes follow the ranges: 4500–4999 stay away, everything else comes back. */
export function meaningOf(code) {
  const known = table.get(code);
  return known ? { text: known[0], comeBack: known[1] } : { text: `Closed with code ${code}`, comeBack: !(code >= 4500 && code <= 4999) };
}
