// Draws at the next frame when things are quiet, and seldom enough to leave the page most of its time when they are not.

const SPARE = 3;

/** paced(work) → { request(), cancel() }: however often requested, `work` runs once per turn. */
export function paced(work) {
  let frame = 0;
  let timer = 0;
  let freeAt = 0;
  const run = () => {
    frame = 0;
    const started = performance.now();
    work();
    const now = performance.now();
    freeAt = now + (now - started) * SPARE;
  };
  const cancel = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    frame = timer = 0;
  };
  const request = () => {
    if (frame !== 0 || timer !== 0) return;
    const wait = freeAt - performance.now();
    if (wait <= 0) {
      frame = requestAnimationFrame(run);
    } else {
      timer = setTimeout(() => {
        timer = 0;
        frame = requestAnimationFrame(run);
      }, wait);
    }
  };
  return { request, cancel };
}

/** Keeps a scroller at its end until the person scrolls up: `keep()` after adding. */
export function stickToEnd(scroller) {
  let sticking = true;
  scroller.addEventListener('scroll', () => {
    sticking = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60;
  }, { passive: true });
  return {
    keep() {
      if (sticking) scroller.scrollTop = scroller.scrollHeight;
    },
    restart() {
      sticking = true;
      scroller.scrollTop = scroller.scrollHeight;
    },
  };
}
