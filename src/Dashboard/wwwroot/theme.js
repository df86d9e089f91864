// Runs before the page is drawn, so that it never flashes in the other theme.
(() => {
  const key = 'lisa-theme';
  const apply = (theme) => { document.documentElement.dataset.theme = theme; };
  let chosen = 'auto';
  try { chosen = localStorage.getItem(key) ?? 'auto'; } catch { /* storage may be blocked: use the system's theme then */ }
  apply(chosen);
  addEventListener('DOMContentLoaded', () => {
    const select = document.getElementById('theme');
    select.value = chosen;
    select.addEventListener('change', () => {
      apply(select.value);
      try { localStorage.setItem(key, select.value); } catch { /* then the choice holds for this page only */ }
    });
  });
})();
