// Runs before the first paint, so a chosen theme never flashes the other one.
(function () {
  try {
    const chosen = localStorage.getItem('causeway.theme');
    if (chosen === 'light' || chosen === 'dark') {
      document.documentElement.dataset.theme = chosen;
    }
  } catch {
    // Storage is blocked: the system's theme it is.
  }
})();
