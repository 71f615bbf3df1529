// The token that requests and connections are made with; the console's own, where it was signed in to in this tab.

const KEY = 'causeway.token';

export const credential = {
  get token() {
    try {
      return sessionStorage.getItem(KEY) ?? '';
    } catch {
      return '';
    }
  },
  set token(value) {
    try {
      if (value) sessionStorage.setItem(KEY, value);
      else sessionStorage.removeItem(KEY);
    } catch {
      // Storage is blocked: there is no credential then.
    }
  },
};

export function wireCredential(input, box) {
  const mark = () => box.toggleAttribute('data-on', credential.token !== '');
  input.value = credential.token;
  input.addEventListener('input', () => {
    credential.token = input.value.trim();
    mark();
  });
  document.addEventListener('click', (event) => {
    if (!box.contains(event.target)) box.open = false;
  });
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    box.open = false;
    box.querySelector('summary').focus();
  });
  mark();
}
