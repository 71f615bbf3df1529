// Listens to several events until stopped: listen([[target, 'type', handler], …]) → stop()

export function listen(wires) {
  const controller = new AbortController();
  for (const [target, type, handler] of wires) target.addEventListener(type, handler, { signal: controller.signal });
  return () => controller.abort();
}
