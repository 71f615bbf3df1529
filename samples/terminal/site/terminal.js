// A small terminal over ttyd's subprotocol "tty": enough for a shell with TERM=dumb. Text goes in as text, never as markup.
const KEPT = 2000;
const screen = document.getElementById('screen');
const terminal = document.getElementById('terminal');
const keys = document.getElementById('keys');
const state = document.getElementById('state');
const again = document.getElementById('again');
const encoder = new TextEncoder();
const special = { Enter: '\r', Backspace: '\x7f', Tab: '\t', Escape: '\x1b', ArrowUp: '\x1b[A', ArrowDown: '\x1b[B', ArrowRight: '\x1b[C', ArrowLeft: '\x1b[D' };
let lines = [''];
let column = 0;
let rest = '';
let socket = null;

/** Prints what a plain terminal prints; colours and the like are left out. */
function print(text) {
  const open = /\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]{0,256})?$/.exec(rest + text);
  const whole = (rest + text).slice(0, open?.index);
  rest = open?.[0] ?? '';
  for (const piece of whole.split(/(\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*\x07?|\x1b[@-_]|[\r\n\x08\x07\0])/)) {
    if (piece === '\n') lines.push('');
    else if (piece === '\b') column = Math.max(0, column - 1);
    else if (/^\x1b\[0?K$/.test(piece)) lines[lines.length - 1] = lines.at(-1).slice(0, column);
    else if (/^[^\x1b\r\x07\0]/.test(piece)) put(piece);
    if (piece === '\n' || piece === '\r') column = 0;
  }
  lines = lines.slice(-KEPT);
  requestAnimationFrame(draw);
}

function put(text) {
  const line = lines.at(-1).padEnd(column);
  lines[lines.length - 1] = line.slice(0, column) + text + line.slice(column + text.length);
  column += text.length;
}

function draw() {
  const line = lines.at(-1).padEnd(column + 1);
  const cursor = document.createElement('span');
  cursor.className = 'cursor';
  cursor.textContent = line[column];
  screen.replaceChildren(lines.slice(0, -1).map((text) => text + '\n').join('') + line.slice(0, column), cursor, line.slice(column + 1));
  terminal.scrollTop = terminal.scrollHeight;
}

function send(command, text) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(encoder.encode(command + text));
}

function size() {
  const probe = document.createElement('span');
  probe.textContent = 'M'.repeat(10);
  screen.append(probe);
  const box = probe.getBoundingClientRect();
  probe.remove();
  return { columns: Math.max(20, Math.floor((terminal.clientWidth - 24) / (box.width / 10))), rows: Math.max(5, Math.floor((terminal.clientHeight - 24) / box.height)) };
}

function connect() {
  const address = new URL('/term/ws', location.href);
  address.protocol = address.protocol.replace('http', 'ws');
  const decoder = new TextDecoder();
  let opened = false;
  state.textContent = 'Connecting';
  again.hidden = true;
  socket = new WebSocket(address, ['tty']);
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => {
    opened = true;
    state.textContent = 'Connected';
    socket.send(encoder.encode(JSON.stringify({ AuthToken: '', ...size() })));
    keys.focus();
  };
  socket.onmessage = ({ data }) => {
    const bytes = new Uint8Array(data);
    if (bytes[0] === 0x30) print(decoder.decode(bytes.subarray(1), { stream: true }));
  };
  socket.onclose = async ({ code }) => {
    again.hidden = false;
    state.textContent = opened ? `The session ended (${code}).` : await refusal();
  };
}

/** A browser is never told why a WebSocket was refused; the same address says it over HTTP. */
async function refusal() {
  try {
    const answer = await (await fetch('/term/ws?preflight=1', { cache: 'no-store' })).json();
    return answer.error?.message ?? 'The connection was refused.';
  } catch {
    return 'The server cannot be reached.';
  }
}

keys.addEventListener('keydown', (event) => {
  const control = event.ctrlKey && !event.altKey && !event.metaKey && /^[a-z[\]\\]$/i.test(event.key);
  const text = control ? String.fromCharCode(event.key.toUpperCase().charCodeAt(0) & 31) : special[event.key];
  // Shift and Tab leaves the terminal, so that the keyboard is not caught in it.
  if (!text || event.isComposing || (event.key === 'Tab' && event.shiftKey)) return;
  event.preventDefault();
  send('0', text);
});
keys.addEventListener('input', (event) => {
  if (event.isComposing) return;
  send('0', keys.value.replaceAll('\n', '\r'));
  keys.value = '';
});
keys.addEventListener('compositionend', () => {
  send('0', keys.value);
  keys.value = '';
});
terminal.addEventListener('click', () => {
  if (getSelection().isCollapsed) keys.focus();
});
again.addEventListener('click', connect);
new ResizeObserver(() => send('1', JSON.stringify(size()))).observe(terminal);
connect();
