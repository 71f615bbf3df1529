// The admin token: taken from a `#t=…` link or the sign-in panel, kept for this tab's session only.

const KEY = 'causeway.token';

class Access extends EventTarget {
  #token = read();
  #refused = false;

  get token() {
    return this.#token;
  }

  /** True after an answer 401, until a token is given or an answer gets through. */
  get isRefused() {
    return this.#refused;
  }

  headers() {
    return this.#token ? { authorization: `Bearer ${this.#token}` } : {};
  }

  signIn(token) {
    this.#token = token.trim() || null;
    this.#refused = false;
    write(this.#token);
    this.dispatchEvent(new Event('change'));
  }

  signOut() {
    this.signIn('');
  }

  refused() {
    if (this.#refused) return;
    this.#refused = true;
    this.dispatchEvent(new Event('change'));
  }

  accepted() {
    if (!this.#refused) return;
    this.#refused = false;
    this.dispatchEvent(new Event('change'));
  }

  /** Takes the token out of a sign-in link, and the link's secret out of the address bar and the history. */
  takeFromAddress() {
    const match = /^#t=([^&]+)(?:&(.*))?$/.exec(location.hash);
    if (!match) return;
    this.signIn(decode(match[1]));
    history.replaceState(null, '', `${location.pathname}${location.search}#${match[2] || '/'}`);
  }
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function read() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function write(token) {
  try {
    if (token) sessionStorage.setItem(KEY, token);
    else sessionStorage.removeItem(KEY);
  } catch {
    // Storage is blocked: the token lives as long as the page.
  }
}

export const access = new Access();
